# Writes the code's own name for itself, which every record carries: the version, and the commit where the source is a
# git checkout of its own (a worktree and a submodule have a .git file). A file that would stay the same is left alone.
#   cmake -DSOURCE=FOLDER -DVERSION=0.1.0 -DGIT=git -DHEADER=version.h -P version.cmake      GIT empty: no git here
set(LOGLOG_COMMIT "")
if(GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty=+ --abbrev=10
                  OUTPUT_VARIABLE LOGLOG_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(LOGLOG_COMMIT STREQUAL "")
  set(LOGLOG_COMMIT unknown)
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/../src/base/version.h.in ${HEADER} @ONLY)
