// Toom and Cook's construction of Winograd's matrices.
#include "dialects/kernel/Winograd.h"
#include <algorithm>

using namespace dlc::kernel;

/// Coefficients of Π (x − p) over `points` without the one at `skipped`, lowest degree first.
static std::vector<double> expandProduct(const std::vector<double> &points, size_t skipped) {
  std::vector<double> coefficients = {1};
  for (size_t i = 0; i < points.size(); ++i) {
    if (i == skipped)
      continue;
    coefficients.push_back(0);
    for (size_t degree = coefficients.size() - 1; degree > 0; --degree)
      coefficients[degree] = coefficients[degree - 1] - points[i] * coefficients[degree];
    coefficients[0] *= -points[i];
  }
  return coefficients;
}

WinogradMatrices dlc::kernel::getWinogradMatrices(int64_t m) {
  const int64_t taps = 3, size = m + taps - 1;
  std::vector<double> points = {0, 1, -1, 2, -2, 0.5, -0.5};
  points.resize(size - 1);

  auto zeros = [](int64_t rows, int64_t columns) {
    return WinogradMatrices::Matrix(rows, std::vector<double>(columns, 0));
  };
  WinogradMatrices matrices = {zeros(m, size), zeros(size, taps), zeros(size, size)};
  for (int64_t j = 0; j + 1 < size; ++j) {
    double scale = 1;
    for (int64_t l = 0; l + 1 < size; ++l)
      scale *= l == j ? 1 : points[j] - points[l];
    double power = 1;
    for (int64_t i = 0; i < size; ++i, power *= points[j]) {
      if (i < m)
        matrices.at[i][j] = power;
      if (i < taps)
        matrices.g[j][i] = power / scale;
    }
    std::vector<double> row = expandProduct(points, j);
    std::copy(row.begin(), row.end(), matrices.bt[j].begin());
  }
  // The point at infinity picks the highest coefficient.
  matrices.at[m - 1][size - 1] = 1;
  matrices.g[size - 1][taps - 1] = 1;
  matrices.bt[size - 1] = expandProduct(points, size);
  return matrices;
}
