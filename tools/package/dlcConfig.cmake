# find_package(dlc): the compiler as dlc::dlc, the runtime as dlc::runtime, and dlc_add_network().
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include("${CMAKE_CURRENT_LIST_DIR}/dlcTargets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/dlcAddNetwork.cmake")
