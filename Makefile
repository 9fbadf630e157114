# Outlay's commands. `make demo` shows the product, `make test` proves it.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
DATA ?= outlay-data
DEMO ?= build/demo
export OUTLAY_SHARED ?= $(abspath ../shared)

.PHONY: help setup web build test demo bench lint format clean

help:
	@echo "make demo    set up, build, make a company's bills, book them, serve the UI"
	@echo "make test    set up, build, run every test"
	@echo "make build   the program, at build/release/outlay"
	@echo "make bench   benchmarks, as ratios against a baseline of the same run"
	@echo "make lint    format and tidy checks"
	@echo "make format  clang-format over the sources"

setup:
	@tools/setup build

web: setup
	@tools/build_web

build: web
	@cmake --preset release $(CMAKE_FLAGS) > build/release.log 2>&1 || { cat build/release.log; exit 1; }
	cmake --build build/release --target outlay -j$(JOBS)

test:
	@tools/setup test
	@tools/build_web
	@mkdir -p build
	@cmake --preset dev $(CMAKE_FLAGS) > build/dev.log 2>&1 || { cat build/dev.log; exit 1; }
	cmake --build build/dev -j$(JOBS)
	ctest --test-dir build/dev --output-on-failure -j$(JOBS)

demo: build
	@tools/demo $(DEMO) $(DATA)

bench: web
	@cmake --preset release -DOUTLAY_BENCH=ON $(CMAKE_FLAGS) > build/release.log 2>&1 || { cat build/release.log; exit 1; }
	cmake --build build/release -j$(JOBS)
	@bench/run build/release

lint:
	@tools/setup lint
	@cmake --preset dev-clang > /dev/null
	git ls-files 'src/*.h' 'src/*.cc' | xargs clang-format-14 --dry-run -Werror
	python3 tools/check_layers.py
	python3 tools/tidy.py
	tools/run_tidy.sh

format:
	git ls-files 'src/*.h' 'src/*.cc' 'bench/*.cc' 'tests/*.cc' | xargs clang-format-14 -i

clean:
	rm -rf build
