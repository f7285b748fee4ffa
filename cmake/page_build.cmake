# Run while building: makes the page of WEB with NPM into DIST, and OUT, a C table of its files as gzip has them.
function(give_up why)
  if(PAGE STREQUAL "ON")
    message(FATAL_ERROR "LOGLOG_PAGE is ON, and ${why}")
  endif()
  message(WARNING "'serve' has no page: ${why}")
endfunction()

file(REMOVE_RECURSE ${DIST})
if(NPM AND NOT IS_DIRECTORY ${WEB}/node_modules)
  execute_process(COMMAND ${NPM} ci --prefer-offline --no-audit --no-fund WORKING_DIRECTORY ${WEB} RESULT_VARIABLE failed
                  OUTPUT_QUIET ERROR_QUIET TIMEOUT 300)
  if(failed)
    give_up("npm has not the modules of web/package-lock.json, and cannot get them")
    set(NPM)
  endif()
endif()
if(NPM)
  execute_process(COMMAND ${NPM} run build -- --outDir ${DIST} --emptyOutDir WORKING_DIRECTORY ${WEB}
                  RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE complained TIMEOUT 300)
  if(failed)
    give_up("npm run build fails:\n${said}${complained}")
    file(REMOVE_RECURSE ${DIST})
  endif()
endif()

set(types html text/html css text/css js text/javascript svg image/svg+xml json application/json png image/png woff2
          font/woff2)
file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
list(SORT files)
set(TEXTS "")
set(ROWS "")
set(count 0)
foreach(file ${files})
  get_filename_component(extension ${file} LAST_EXT)
  string(SUBSTRING ${extension} 1 -1 extension)
  list(FIND types ${extension} at)
  if(at LESS 0)
    continue()
  endif()
  math(EXPR at "${at} + 1")
  list(GET types ${at} type)
  if(type MATCHES "^text/")
    string(APPEND type "; charset=utf-8")
  endif()
  set(path /${file})
  if(file STREQUAL "index.html")
    set(path /)
  endif()
  file(ARCHIVE_CREATE OUTPUT ${DIST}.gz PATHS ${DIST}/${file} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
  file(SHA256 ${DIST}/${file} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  file(READ ${DIST}.gz bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND TEXTS "static const unsigned char file_${count}[] = {${bytes}};\n")
  string(APPEND ROWS "    { \"${path}\", \"${type}\", \"\\\"${hash}\\\"\", file_${count}, ${size} },\n")
  math(EXPR count "${count} + 1")
endforeach()
file(REMOVE ${DIST}.gz)
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
#include "cli/serve/page_files.h"

@TEXTS@
const ll_site_file ll_page_files[] = {
@ROWS@    { NULL, NULL, NULL, NULL, 0 },
};
const int ll_n_page_files = @count@;
]])
# Also where nothing changed: it is what the build waits for.
file(TOUCH ${OUT})
