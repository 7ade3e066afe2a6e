# What `cpack` puts into the Debian package; ./dev package builds it from the optimised daemon. Paths are Debian's.
include(GNUInstallDirs)
set(package_files ${PROJECT_BINARY_DIR}/package)
set(package_doc share/doc/crewshipd)

file(STRINGS ${PROJECT_SOURCE_DIR}/LICENSE license)
list(FILTER license EXCLUDE REGEX "^(MIT License|Copyright)")
list(POP_FRONT license first second)  # the empty lines around the copyright
if(license)
  list(TRANSFORM license PREPEND " ")
  string(REPLACE ";" "\n" LICENSE_PARAGRAPHS "${license}")
endif()
configure_file(config/debian/copyright.in ${package_files}/copyright @ONLY)
configure_file(config/debian/changelog.in ${package_files}/changelog.Debian @ONLY)

install(TARGETS crewshipd RUNTIME DESTINATION bin)
install(FILES config/crewshipd.service DESTINATION /lib/systemd/system)
install(FILES config/crewshipd.json DESTINATION /etc/crewshipd)
install(FILES ${package_files}/copyright DESTINATION ${package_doc})
install(DIRECTORY docs/ DESTINATION ${package_doc} FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
  PATTERN images EXCLUDE PATTERN changelog.md EXCLUDE PATTERN examples EXCLUDE)
install(DIRECTORY docs/examples/ DESTINATION ${package_doc}/examples
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(DIRECTORY config/nginx config/caddy config/prometheus config/grafana
  DESTINATION ${package_doc}/examples FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(FILES config/crewshipd.example.json DESTINATION ${package_doc}/examples)
install(FILES config/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME crewshipd)

# gzip -n: the same input gives the same bytes.
foreach(file IN ITEMS
    ${package_files}/changelog.Debian:${package_doc}/changelog.Debian.gz
    ${PROJECT_SOURCE_DIR}/docs/changelog.md:${package_doc}/changelog.gz
    ${PROJECT_SOURCE_DIR}/config/debian/crewshipd.1:share/man/man1/crewshipd.1.gz)
  string(REPLACE ":" ";" pair ${file})
  list(GET pair 0 source)
  list(GET pair 1 target)
  get_filename_component(name ${target} NAME)
  get_filename_component(folder ${target} DIRECTORY)
  install(CODE "execute_process(COMMAND gzip -9nc ${source} OUTPUT_FILE ${package_files}/${name} COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES ${package_files}/${name} DESTINATION ${folder})
endforeach()

# Each shell looks for completions in a place of its own. The binary prints them, when it is one that can.
foreach(completion IN ITEMS
    bash:share/bash-completion/completions:crewshipd
    zsh:share/zsh/vendor-completions:_crewshipd
    fish:share/fish/vendor_completions.d:crewshipd.fish)
  string(REPLACE ":" ";" parts ${completion})
  list(GET parts 0 shell)
  list(GET parts 1 folder)
  list(GET parts 2 name)
  install(CODE "
    execute_process(COMMAND \"$<TARGET_FILE:crewshipd>\" completion ${shell}
      OUTPUT_FILE ${package_files}/${name} RESULT_VARIABLE status ERROR_QUIET)
    if(status EQUAL 0)
      file(INSTALL ${package_files}/${name} DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${folder}\")
    else()
      message(STATUS \"crewshipd completion ${shell} ended with \${status}: not in the package\")
    endif()")
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME crewshipd)
set(CPACK_PACKAGE_CONTACT "The crewshipd authors <crewshipd@example.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "self-hosted server for webhooks, runs and signed deliveries")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A job POSTs JSON to a secret URL, crewshipd starts a program and answers once
it is executing and on disk. When the program ends, signed deliveries go to the
URLs that subscribed; they are retried, and every attempt is recorded. One
process, one SQLite file, with an API and a web console.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
file(WRITE ${package_files}/conffiles "/etc/crewshipd/crewshipd.json\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package_files}/conffiles
  ${PROJECT_SOURCE_DIR}/config/debian/postinst ${PROJECT_SOURCE_DIR}/config/debian/prerm
  ${PROJECT_SOURCE_DIR}/config/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
