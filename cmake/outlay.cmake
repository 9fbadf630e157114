# Build rules of the house: module(), program(), third-party targets, flags.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(OUTLAY_WERROR "treat warnings as errors" OFF)
set(OUTLAY_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them")
option(OUTLAY_FUZZ "build the fuzz targets (clang only)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # The same source compiled in two build folders shares one cache entry.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

find_program(LLD ld.lld)
if(LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_compile_options(-Wthread-safety)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 at -O2 sees an overlap in an inlined std::string::insert, and an unset std::string in one
  # that a statement expression (TRY) has filled, where there is none.
  add_compile_options($<$<CONFIG:Release>:-Wno-restrict> $<$<CONFIG:Release>:-Wno-maybe-uninitialized>)
endif()
if(OUTLAY_WERROR)
  add_compile_options(-Werror)
endif()
if(OUTLAY_SANITIZE)
  add_compile_options(-fsanitize=${OUTLAY_SANITIZE} -fno-omit-frame-pointer)
  if(OUTLAY_SANITIZE MATCHES undefined)
    # These three double the time of a build; the address sanitizer finds most of what they find.
    add_compile_options(-fno-sanitize=null,alignment,vptr)
  endif()
  add_link_options(-fsanitize=${OUTLAY_SANITIZE})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(date REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
find_library(JQ_LIBRARY jq REQUIRED)

# DuckDB: the official shared library and C header, laid out by tools/setup.
set(OUTLAY_DEPS ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "where tools/setup put DuckDB and the web build")
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${OUTLAY_DEPS}/duckdb/lib/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${OUTLAY_DEPS}/duckdb/include)

# What a module may link besides other modules; the layer check knows the same borders by header.
set(THIRD_PARTY_base fmt::fmt spdlog::spdlog date::date date::date-tz Threads::Threads)
set(THIRD_PARTY_format Boost::json PkgConfig::FYAML)
set(THIRD_PARTY_expr PkgConfig::RE2 ${JQ_LIBRARY} OpenSSL::Crypto)
set(THIRD_PARTY_io CURL::libcurl OpenSSL::Crypto PkgConfig::ISAL)
set(THIRD_PARTY_store duckdb SQLite::SQLite3 PkgConfig::PQ)
set(THIRD_PARTY_server Boost::url)
set(THIRD_PARTY_cli CLI11::CLI11)

# module(NAME USES OTHER...) is the only way to add a folder under src/.
# Every *.cc is compiled, *_test.cc go to NAME_test. Files in sql/ and any *.yaml below the folder,
# and spec/NAME/*, are embedded: "NAME/embedded.h" finds them by name.
set(OUTLAY_MODULES "" CACHE INTERNAL "")
function(module NAME)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${NAME})
  foreach(used ${ARG_USES})
    if(NOT used IN_LIST OUTLAY_MODULES)
      message(FATAL_ERROR "module ${NAME} uses ${used}, which is not declared before it")
    endif()
  endforeach()
  set(OUTLAY_MODULES ${OUTLAY_MODULES} ${NAME} CACHE INTERNAL "")

  # A folder of its own per module that holds one link, so that including an unnamed module fails.
  set(inc ${CMAKE_BINARY_DIR}/inc/${NAME})
  file(MAKE_DIRECTORY ${inc})
  file(CREATE_LINK ${dir} ${inc}/${NAME} SYMBOLIC)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  set(mains ${sources})
  list(FILTER mains INCLUDE REGEX "/main\\.cc$")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  file(GLOB_RECURSE embedded CONFIGURE_DEPENDS
    ${dir}/*.sql ${dir}/*.yaml ${CMAKE_SOURCE_DIR}/spec/${NAME}/*)
  list(FILTER embedded EXCLUDE REGEX "/testdata/")
  embed(${NAME} generated ${embedded})

  add_library(outlay_${NAME} STATIC ${sources} ${generated})
  set_target_properties(outlay_${NAME} PROPERTIES LINKER_LANGUAGE CXX)
  set(includes ${inc} ${CMAKE_BINARY_DIR}/gen/${NAME})
  foreach(used ${ARG_USES})
    list(APPEND includes ${CMAKE_BINARY_DIR}/inc/${used})
    target_link_libraries(outlay_${NAME} PUBLIC outlay_${used})
  endforeach()
  target_include_directories(outlay_${NAME} PRIVATE ${includes})
  target_link_libraries(outlay_${NAME} PUBLIC ${THIRD_PARTY_${NAME}})
  set_property(TARGET outlay_${NAME} PROPERTY OUTLAY_INCLUDES "${includes}")

  if(tests)
    add_executable(${NAME}_test ${tests})
    target_include_directories(${NAME}_test PRIVATE ${includes})
    target_link_libraries(${NAME}_test PRIVATE outlay_${NAME} GTest::gmock GTest::gtest_main)
    add_test(NAME ${NAME} COMMAND ${NAME}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    # Short allocation stacks: with full ones DuckDB's allocations take most of the time.
    set_tests_properties(${NAME} PROPERTIES
      ENVIRONMENT "ASAN_OPTIONS=malloc_context_size=2;UBSAN_OPTIONS=halt_on_error=1" TIMEOUT 2400)
  endif()
endfunction()

# program(NAME MODULE m) links src/m/main.cc with everything.
function(program NAME)
  cmake_parse_arguments(ARG "" "MODULE" "" ${ARGN})
  add_executable(${NAME} ${CMAKE_SOURCE_DIR}/src/${ARG_MODULE}/main.cc)
  get_property(includes TARGET outlay_${ARG_MODULE} PROPERTY OUTLAY_INCLUDES)
  target_include_directories(${NAME} PRIVATE ${includes})
  target_link_libraries(${NAME} PRIVATE outlay_${ARG_MODULE})
  set_target_properties(${NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR} BUILD_RPATH_USE_ORIGIN ON)
endfunction()

# embed(NAME OUT FILES...) writes NAME/embedded.h and sources that carry the files' bytes.
function(embed NAME OUT)
  set(gen ${CMAKE_BINARY_DIR}/gen/${NAME}/${NAME})
  set(header "#pragma once\n#include <string_view>\n#include <vector>\nnamespace outlay::${NAME} {\n")
  string(APPEND header "/// The bytes of a file built into the program, by its path below the module's folder\n")
  string(APPEND header "/// (or below spec/${NAME}/); empty when there is none of that name.\n")
  string(APPEND header "std::string_view embedded_file(std::string_view name);\n")
  string(APPEND header "/// Names of all files built into this module, sorted.\n")
  string(APPEND header "const std::vector<std::string_view>& embedded_names();\n}\n")
  file(CONFIGURE OUTPUT ${gen}/embedded.h CONTENT "${header}" @ONLY)
  set(files ${ARGN})
  list(SORT files)
  set(asm "")
  set(decls "")
  set(rows "")
  set(names "")
  set(index 0)
  foreach(file ${files})
    string(REPLACE "${CMAKE_SOURCE_DIR}/src/${NAME}/" "" name ${file})
    string(REPLACE "${CMAKE_SOURCE_DIR}/spec/${NAME}/" "" name ${name})
    set(symbol "outlay_file_${NAME}_${index}")
    string(APPEND asm ".globl ${symbol}\n${symbol}:\n.incbin \"${file}\"\n.globl ${symbol}_end\n${symbol}_end:\n.byte 0\n")
    string(APPEND decls "extern \"C\" const char ${symbol}[];\nextern \"C\" const char ${symbol}_end[];\n")
    string(APPEND rows "  if (name == \"${name}\") return {${symbol}, static_cast<size_t>(${symbol}_end - ${symbol})};\n")
    string(APPEND names "\"${name}\", ")
    math(EXPR index "${index}+1")
  endforeach()
  file(CONFIGURE OUTPUT ${gen}/embedded.S CONTENT
    ".section .rodata\n${asm}\n.section .note.GNU-stack,\"\",@progbits\n" @ONLY)
  file(CONFIGURE OUTPUT ${gen}/embedded.cc CONTENT
    "#include \"${NAME}/embedded.h\"\n#include <cstddef>\n${decls}namespace outlay::${NAME} {\nstd::string_view embedded_file([[maybe_unused]] std::string_view name) {\n${rows}  return {};\n}\n\nconst std::vector<std::string_view>& embedded_names() {\n  static const std::vector<std::string_view> names{${names}};\n  return names;\n}\n}\n" @ONLY)
  if(files)
    set_property(SOURCE ${gen}/embedded.S APPEND PROPERTY OBJECT_DEPENDS "${files}")
    set(${OUT} ${gen}/embedded.cc ${gen}/embedded.S PARENT_SCOPE)
  else()
    set(${OUT} ${gen}/embedded.cc PARENT_SCOPE)
  endif()
endfunction()

enable_testing()
