# make install: program, library, headers, pkg-config file, CMake package, man page, completions.
install(TARGETS loglog_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS loglog loglog_static EXPORT loglog LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
                                     ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/loglog DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(FILES ${GENERATED}/loglog/version.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/loglog)

# The public headers need no others. A static library leaves it to its users to link what it stands on; those are
# named here by hand and not as packages, whose own private needs (all of libarchive's filters) are not meant.
set(PC_NEEDS ${SQLITE_LDFLAGS} ${YAML_LDFLAGS} ${JANSSON_LDFLAGS} ${SODIUM_LDFLAGS} -ldl
             ${PCRE2_LDFLAGS})
if(TOKENIZER_CXX)
  list(APPEND PC_NEEDS ${SENTENCEPIECE_LDFLAGS} -lstdc++)
endif()
list(APPEND PC_NEEDS -pthread -lm)
list(REMOVE_DUPLICATES PC_NEEDS)
set(PC_NEEDS_LIST ${PC_NEEDS})
list(JOIN PC_NEEDS " " PC_NEEDS)
set(PC_BREAK "\nLibs.private: ")
configure_file(cmake/loglog.pc.in ${PROJECT_BINARY_DIR}/loglog.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/loglog.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES docs/loglog.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY docs/schemas examples/programmes DESTINATION ${CMAKE_INSTALL_DATADIR}/loglog)
install(FILES docs/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME loglog)
install(FILES docs/completion.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _loglog)
install(FILES docs/completion.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME loglog.fish)

# find_package(loglog) gives loglog::loglog and loglog::loglog_static; the latter brings what it stands on by name.
include(CMakePackageConfigHelpers)
set(PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/loglog)
target_link_libraries(loglog_static INTERFACE $<INSTALL_INTERFACE:${PC_NEEDS_LIST}>)
install(EXPORT loglog NAMESPACE loglog:: FILE loglogTargets.cmake DESTINATION ${PACKAGE})
file(WRITE ${PROJECT_BINARY_DIR}/loglogConfig.cmake "include(\${CMAKE_CURRENT_LIST_DIR}/loglogTargets.cmake)\n")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/loglogConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/loglogConfig.cmake ${PROJECT_BINARY_DIR}/loglogConfigVersion.cmake DESTINATION ${PACKAGE})

# make uninstall: what the last make install wrote.
add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
                                    -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake VERBATIM)
