# dlc_add_network(<target> <network> [WEIGHTS <file>] [OPTIONS <option>...])
#
# Compiles a network (net.json) and links its object into the target, which sees the header beside it (net.h) and the
# runtime's. Where there is no target of that name yet, it becomes a static library that holds the network.
#   WEIGHTS   a weight file other than the one the network names
#   OPTIONS   further options of `dlc compile`, such as --batch 1
# Files that the network file names are found beside it. The build follows changes of the network, of WEIGHTS, and of
# the file beside the network with its stem and the ending .safetensors or .npz.
function(dlc_add_network target network)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "WEIGHTS" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "dlc_add_network: unknown argument '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  cmake_path(ABSOLUTE_PATH network BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  cmake_path(REMOVE_EXTENSION network LAST_ONLY OUTPUT_VARIABLE base)
  cmake_path(GET network STEM LAST_ONLY stem)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/dlc-networks/${target}")
  file(MAKE_DIRECTORY "${folder}")

  set(dependencies "${network}")
  if(arg_WEIGHTS)
    cmake_path(ABSOLUTE_PATH arg_WEIGHTS BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    list(APPEND dependencies "${arg_WEIGHTS}")
    list(APPEND arg_OPTIONS --weights "${arg_WEIGHTS}")
  else()
    foreach(ending safetensors npz)
      if(EXISTS "${base}.${ending}")
        list(APPEND dependencies "${base}.${ending}")
      endif()
    endforeach()
  endif()

  set(object "${folder}/${stem}.o")
  set(header "${folder}/${stem}.h")
  add_custom_command(OUTPUT "${object}" "${header}"
    COMMAND dlc::dlc compile "${network}" -o "${object}" ${arg_OPTIONS}
    DEPENDS ${dependencies} dlc::dlc
    COMMENT "Compiling the network ${stem}" VERBATIM)
  set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)

  if(NOT TARGET ${target})
    add_library(${target} STATIC)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
  endif()
  target_sources(${target} PRIVATE "${object}" "${header}")
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${folder}>")
  # As properties: target_link_libraries would impose one of its signatures on the caller.
  set_property(TARGET ${target} APPEND PROPERTY LINK_LIBRARIES dlc::runtime m)
  set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_LIBRARIES dlc::runtime m)
endfunction()
