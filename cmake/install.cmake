# make install: program, library, headers, pkg-config file, man page, completion.
install(TARGETS loglog program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
                               ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/loglog DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# The public headers need no others. A static library leaves it to its users to link what it stands on; those are
# named here by hand and not as packages, whose own private needs (all of libarchive's filters) are not meant.
set(PC_NEEDS ${SQLITE_LDFLAGS} ${YAML_LDFLAGS} ${JANSSON_LDFLAGS} ${ARCHIVE_LDFLAGS} ${SODIUM_LDFLAGS} ${CBLAS_LDFLAGS})
list(APPEND PC_NEEDS -pthread -lm)
list(REMOVE_DUPLICATES PC_NEEDS)
list(JOIN PC_NEEDS " " PC_NEEDS)
get_target_property(kind loglog TYPE)
set(PC_BREAK " ")
if(NOT kind STREQUAL STATIC_LIBRARY)
  set(PC_BREAK "\nLibs.private: ")
endif()
configure_file(cmake/loglog.pc.in ${CMAKE_BINARY_DIR}/loglog.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/loglog.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES docs/loglog.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY docs/schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/loglog)
install(FILES docs/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME loglog)
