# The page of web/ as one C table in the program. npm makes it while the program is built; without npm, without its
# modules and without a network the program has no page and says so, and the build goes on. LOGLOG_PAGE: AUTO, ON (the
# page has to be made) or OFF.
set(LOGLOG_PAGE AUTO CACHE STRING "Build the page of 'serve' with npm: AUTO (where it can be), ON (it has to be) or OFF")
set_property(CACHE LOGLOG_PAGE PROPERTY STRINGS AUTO ON OFF)
if(NOT LOGLOG_PAGE MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "LOGLOG_PAGE is '${LOGLOG_PAGE}', expected AUTO, ON or OFF")
endif()
set(WEB ${PROJECT_SOURCE_DIR}/web)
if(LOGLOG_PAGE)
  find_program(NPM npm)
endif()
if(LOGLOG_PAGE STREQUAL "ON" AND NOT (NPM AND EXISTS ${WEB}/package.json))
  message(FATAL_ERROR "LOGLOG_PAGE is ON, and there is no npm or no web/package.json")
endif()
if(NOT NPM OR NOT EXISTS ${WEB}/package.json)
  message(STATUS "no npm or no web/package.json: 'serve' has no page")
endif()

set(PAGE_INPUTS ${PROJECT_SOURCE_DIR}/cmake/page_build.cmake)
if(NPM AND EXISTS ${WEB}/package.json)
  file(GLOB_RECURSE PAGE_SOURCES CONFIGURE_DEPENDS ${WEB}/src/* ${WEB}/public/*)
  file(GLOB PAGE_SETTINGS CONFIGURE_DEPENDS ${WEB}/*.json ${WEB}/*.ts ${WEB}/*.html)
  list(APPEND PAGE_INPUTS ${PAGE_SOURCES} ${PAGE_SETTINGS})
  set(PAGE_NPM ${NPM})
endif()
add_custom_command(OUTPUT ${GENERATED}/page_files.c DEPENDS ${PAGE_INPUTS} VERBATIM
                   COMMENT "The page of 'serve'"
                   COMMAND ${CMAKE_COMMAND} -DWEB=${WEB} -DNPM=${PAGE_NPM} -DPAGE=${LOGLOG_PAGE}
                           -DDIST=${PROJECT_BINARY_DIR}/web -DOUT=${GENERATED}/page_files.c
                           -P ${PROJECT_SOURCE_DIR}/cmake/page_build.cmake)
