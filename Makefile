# A thin face over CMake and Ninja. Two commands are enough:
#   make demo    sets up, builds, trains a ladder on real text, fits, forecasts, writes report.html
#   make test    sets up, builds, passes the tests
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: all setup demo test install uninstall format clean
all: setup
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) >build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log
	@cmake --build --preset release

setup:
	@sh scripts/setup.sh

demo: all
	build/loglog demo

test: all
	ctest --preset release --parallel $$(nproc)

install: all
	DESTDIR=$(DESTDIR) cmake --install build

uninstall:
	DESTDIR=$(DESTDIR) cmake --build build --target uninstall

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build
