// How far something is, as a bar on a terminal.
#ifndef DLC_TOOLS_DLC_PROGRESS_H
#define DLC_TOOLS_DLC_PROGRESS_H

#include <cstddef>
#include <functional>
#include <string>

namespace dlc {

/// "[=======        ]"
std::string drawBar(size_t done, size_t total);

/// For kernels: draws on stderr what it is told, where that is a terminal; empty elsewhere.
std::function<void(size_t done, size_t total)> makeProgressBar();

} // namespace dlc

#endif // DLC_TOOLS_DLC_PROGRESS_H
