// Toom and Cook's construction of Winograd's matrices.
#include "dialects/kernel/Winograd.h"
#include <algorithm>
#include <cassert>
#include <cmath>

using namespace dlc::kernel;

/// Coefficients, lowest degree first.
using Polynomial = std::vector<double>;

static Polynomial multiply(const Polynomial &a, const Polynomial &b) {
  Polynomial product(a.size() + b.size() - 1, 0);
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b.size(); ++j)
      product[i + j] += a[i] * b[j];
  return product;
}

/// The squares of the points ±p. Of those tried they give the least error in
/// float: for F(4, 3) less than half of what ±1 and ±2 give, at worst a quarter.
static std::vector<double> getSquares(int64_t m) {
  switch (m) {
  case 2:
    return {1};
  case 4:
    return {0.5, 2};
  default:
    return {1, 4, 0.25};
  }
}

/// Π (x² − s) over `squares` without the one at `skipped`.
static Polynomial expandSquares(const std::vector<double> &squares, size_t skipped) {
  Polynomial product = {1};
  for (size_t i = 0; i < squares.size(); ++i)
    if (i != skipped)
      product = multiply(product, {-squares[i], 0, 1});
  return product;
}

WinogradMatrices dlc::kernel::getWinogradMatrices(int64_t m) {
  assert((m == 2 || m == 4 || m == 6) && "no points are known for this tile");
  const int64_t taps = 3, size = m + taps - 1;
  std::vector<double> squares = getSquares(m);

  auto zeros = [](int64_t rows, int64_t columns) {
    return WinogradMatrices::Matrix(rows, std::vector<double>(columns, 0));
  };
  WinogradMatrices matrices = {zeros(m, size), zeros(size, taps), zeros(size, size)};
  // Row `j` belongs to `point`: `others` is Π (x − q) over the other points q, whose value at the point is `scale`.
  auto setPoint = [&](int64_t j, double point, const Polynomial &others, double scale) {
    std::copy(others.begin(), others.end(), matrices.bt[j].begin());
    double power = 1;
    for (int64_t i = 0; i < size; ++i, power *= point) {
      if (i < m)
        matrices.at[i][j] = power;
      if (i < taps)
        matrices.g[j][i] = power / scale;
    }
  };
  Polynomial all = expandSquares(squares, squares.size());
  setPoint(0, 0, all, all[0]);
  for (size_t k = 0; k < squares.size(); ++k) {
    double scale = 2 * squares[k];
    for (size_t other = 0; other < squares.size(); ++other)
      scale *= other == k ? 1 : squares[k] - squares[other];
    Polynomial others = multiply({0, 1}, expandSquares(squares, k));
    double point = std::sqrt(squares[k]);
    setPoint(2 * k + 1, point, multiply(others, {point, 1}), scale);
    setPoint(2 * k + 2, -point, multiply(others, {-point, 1}), scale);
  }
  // The point at infinity picks the highest coefficient.
  matrices.at[m - 1][size - 1] = 1;
  matrices.g[size - 1][taps - 1] = 1;
  matrices.bt[size - 1] = multiply({0, 1}, all);
  return matrices;
}
