// The least time of kernels on a machine whose rates are given: by hand, and by the cost model.
#include "compiler/kernels/CostModel.h"

#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace dlc;

namespace {

// 10 GFLOP/s, 2 GB/s
constexpr kernels::Rates rates = {10, 2};

/// The bound of the kernel in `text`.
double getBound(const std::string &text, bool isCold, kernels::Rates given = rates, int64_t items = 1) {
  mlir::MLIRContext context;
  context.loadDialect<nn::NnDialect, kernel::KernelDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module) {
    ADD_FAILURE() << "this is no module: " << text;
    return 0;
  }
  return kernels::getTimeBound(*module->getOps<kernel::FuncOp>().begin(), items, given, isCold);
}

/// 64 channels to 64 on a plane of 8 x 8, `items` of them, with a window of `size`.
std::string makeConv(int size, const std::string &items, const std::string &attributes = "") {
  const std::string side = std::to_string(size), pad = std::to_string(size / 2);
  const std::string image = "tensor<" + items + "x64x8x8xf32>", weights = "tensor<64x64x" + side + "x" + side + "xf32>";
  return "kernel.func private @conv(%x: " + image + ", %w: " + weights + ") -> " + image + attributes + " {\n" +
         "  %0 = nn.conv2d %x, %w {kernel_size = array<i64: " + side + ", " + side + ">, padding = array<i64: " + pad +
         ", " + pad + ", " + pad + ", " + pad + ">} : (" + image + ", " + weights + ") -> " + image + "\n" +
         "  %1 = nn.relu %0 : (" + image + ") -> " + image + "\n" + "  kernel.return %1 : " + image + "\n}\n";
}

TEST(TimeBound, IsTheArithmeticAtThePeak) {
  const double flops = 2.0 * 64 * 64 * 64 * 25;
  EXPECT_DOUBLE_EQ(getBound(makeConv(5, "1"), false), 1e-9 * flops / 10);
  EXPECT_DOUBLE_EQ(getBound(makeConv(5, "3"), false), 1e-9 * 3 * flops / 10);
  EXPECT_DOUBLE_EQ(getBound(makeConv(5, "1"), false, {100, 2}), 1e-9 * flops / 100);
  // Of an open batch there are as many as are asked for, whatever the kernel expects.
  EXPECT_DOUBLE_EQ(getBound(makeConv(5, "?"), false), 1e-9 * flops / 10);
  EXPECT_DOUBLE_EQ(getBound(makeConv(5, "?", " attributes {items = 64 : i64}"), false, rates, 32),
                   1e-9 * 32 * flops / 10);
  EXPECT_DOUBLE_EQ(getBound(makeConv(5, "3"), false, rates, 32), 1e-9 * 3 * flops / 10);
}

TEST(TimeBound, HasAQuarterOfTheProductsWhereWinogradApplies) {
  const double flops = 2.0 * 64 * 64 * 64 * 9;
  EXPECT_DOUBLE_EQ(getBound(makeConv(3, "1"), false), 1e-9 * flops / 4 / 10);
}

TEST(TimeBound, HasTheWeightsFromMemoryWhereTheyAreCold) {
  const double flops = 2.0 * 64 * 64 * 64, bytes = 4.0 * 64 * 64;
  EXPECT_DOUBLE_EQ(getBound(makeConv(1, "1"), true), 1e-9 * flops / 10) << "which takes longer";
  EXPECT_DOUBLE_EQ(getBound(makeConv(1, "1"), true, {10, 0.1}), 1e-9 * bytes / 0.1);
  EXPECT_DOUBLE_EQ(getBound(makeConv(1, "1"), false, {10, 0.1}), 1e-9 * flops / 10);
}

TEST(TimeBound, IsNothingWithoutAContraction) {
  EXPECT_EQ(getBound("kernel.func private @relu(%x: tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> {\n"
                     "  %0 = nn.relu %x : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32>\n"
                     "  kernel.return %0 : tensor<1x64x8x8xf32>\n}\n",
                     true),
            0);
}

} // namespace
