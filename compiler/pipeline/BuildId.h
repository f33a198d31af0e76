// Which build of dlc this is.
#ifndef DLC_COMPILER_PIPELINE_BUILDID_H
#define DLC_COMPILER_PIPELINE_BUILDID_H

#include <string>

namespace dlc::pipeline {

/// The identifier that the linker derived from all of this program's code, so
/// that nothing that another build has cached is taken for ours.
const std::string &getBuildId();

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_BUILDID_H
