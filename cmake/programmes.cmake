# The programmes of examples/programmes as one C file: 'loglog programme run NAME' needs no file beside the program.
file(GLOB PROGRAMMES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/programmes/*.yaml)
set(PROGRAMME_TEXTS "")
set(PROGRAMME_ROWS "")
foreach(file ${PROGRAMMES})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND PROGRAMME_TEXTS "static const char ${name}[] = {${bytes}0};\n")
  string(APPEND PROGRAMME_ROWS "    { \"${name}\", ${name} },\n")
endforeach()
file(CONFIGURE OUTPUT ${GENERATED}/programmes.c @ONLY CONTENT [[
#include "sweep/programme/programme_file.h"

@PROGRAMME_TEXTS@
const ll_programme_built_in ll_programmes_built_in[] = {
@PROGRAMME_ROWS@    { NULL, NULL },
};
]])
