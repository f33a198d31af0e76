// How far the kernels are, as one line on a terminal.
#ifndef DLC_TOOLS_DLC_PROGRESS_H
#define DLC_TOOLS_DLC_PROGRESS_H

#include <cstddef>
#include <functional>

namespace dlc {

/// Draws on stderr what it is told, where that is a terminal; empty elsewhere.
std::function<void(size_t done, size_t total)> makeProgressBar();

} // namespace dlc

#endif // DLC_TOOLS_DLC_PROGRESS_H
