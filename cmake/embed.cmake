# enibox_embed(TARGET NAME FILES): puts the files' bytes into TARGET; C++ sees them through
#   #include "embedded/NAME.hpp"    namespace enibox::embedded { span<const File> NAME(); }
function(enibox_embed target name files)
  set(dir ${CMAKE_BINARY_DIR}/embedded)
  set(assembly "    .section .rodata\n")
  set(declarations "")
  set(rows "")
  set(i 0)
  foreach(file IN LISTS files)
    get_filename_component(path ${file} ABSOLUTE)
    get_filename_component(base ${file} NAME)
    string(APPEND assembly
      "    .balign 16\n    .global enibox_${name}_${i}\nenibox_${name}_${i}:\n    .incbin \"${path}\"\n"
      "    .global enibox_${name}_${i}_end\nenibox_${name}_${i}_end:\n    .byte 0\n")
    string(APPEND declarations "extern \"C\" const char enibox_${name}_${i}[], enibox_${name}_${i}_end[];\n")
    string(APPEND rows
      "      {\"${base}\", {enibox_${name}_${i}, static_cast<std::size_t>(enibox_${name}_${i}_end - enibox_${name}_${i})}},\n")
    math(EXPR i "${i} + 1")
  endforeach()
  string(APPEND assembly "    .section .note.GNU-stack,\"\",@progbits\n")
  file(CONFIGURE OUTPUT ${dir}/${name}.S CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT ${dir}/${name}.hpp CONTENT
"#pragma once
#include <span>
#include <string_view>
namespace enibox::embedded {
#ifndef ENIBOX_EMBEDDED_FILE
#define ENIBOX_EMBEDDED_FILE
struct File {
  std::string_view name;
  std::string_view bytes;
};
#endif
std::span<const File> ${name}();
}  // namespace enibox::embedded
" @ONLY)
  file(CONFIGURE OUTPUT ${dir}/${name}.cpp CONTENT
"#include \"embedded/${name}.hpp\"
#include <vector>
${declarations}
namespace enibox::embedded {
std::span<const File> ${name}() {
  static const std::vector<File> files{
${rows}  };
  return files;
}
}  // namespace enibox::embedded
" @ONLY)
  target_sources(${target} PRIVATE ${dir}/${name}.S ${dir}/${name}.cpp)
  set_source_files_properties(${dir}/${name}.S PROPERTIES OBJECT_DEPENDS "${files}")
  set_source_files_properties(${dir}/${name}.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR})
endfunction()
