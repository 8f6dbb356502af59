# `make help` says what there is. PYTHON names the interpreter, VENV the folder that packages are installed in.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install
PYTEST := $(BIN)/python -m pytest
# all C but what is generated
C_FILES := $(filter-out csrc/snnrt_ir.h csrc/snnrt_constants.h,$(wildcard csrc/*.[ch] csrc/*/*.[ch] csrc/*/*/*.[ch] \
	tests/csrc/*.[ch] tests/csrc/*/*.h tests/emulator/*.c targets/emulator/boards/*.[ch] benchmarks/*.[ch] benchmarks/*/*.[ch]))
CORE := $(wildcard csrc/*.[ch] csrc/*.py csrc/*/*.[ch] csrc/*/*/*.[ch])
SAY = @printf 'make $@: %s\n'

.PHONY: help demo check test test-long frameworks mutate fuzz differential format-c bench coverage sizes lint generate docs wheel compilers clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 14

demo: $(VENV)/demo-ready ## convert, run and profile the digits network: 10 s, the first time 2 minutes
	@$(BIN)/python examples/demo.py

check: $(VENV)/test-ready lint ## lint, and the tests that need no compiler, emulator, browser or PyTorch, with few seeds: 70 s
	@SNNRT_TEST_EFFORT=quick $(PYTEST) -q -n 2 --dist worksteal \
		-m 'not browser and not firmware and not sanitisers and not frameworks and not long'

test: $(VENV)/test-ready compilers lint coverage ## every test: about 10 minutes, the first time 4 more
	$(SAY) 'running the tests, about 8 minutes'
	@$(PYTEST) -q -n 2 --dist loadfile

test-long: $(VENV)/test-ready compilers ## the sweeps that `make test` leaves out: hours
	@$(PYTEST) -q -m long

frameworks: wheel ## each training framework with its own pins, and its tests there: NAMES="sinabs norse", long
	@PYTHON='$(PYTHON)' .ci/frameworks "$$(ls -t dist/*.whl | head -1)" $(NAMES)

mutate: $(VENV)/test-ready compilers ## faults put in by hand, one by one: which of them the tests catch, about 20 minutes
	@$(BIN)/python tests/mutate.py

fuzz: $(VENV)/test-ready compilers ## damaged models under libFuzzer for SECONDS (60)
	@$(BIN)/python tests/model_fuzzer.py --seconds $(or $(SECONDS),60)

differential: $(VENV)/test-ready compilers ## NETWORKS (200) random networks of SEED (1) on every link from reference to cores: 15 minutes
	@$(BIN)/python tests/differential.py --networks $(or $(NETWORKS),200) --seed $(or $(SEED),1)

bench: $(VENV)/test-ready ## time and instructions of one inference, beside onnxruntime and the frameworks: 4 minutes
	@command -v valgrind >/dev/null || .ci/install_packages valgrind
	@$(BIN)/python benchmarks/table.py
	@$(BIN)/python benchmarks/bound.py
	@$(BIN)/python benchmarks/host_limits.py

coverage: $(VENV)/test-ready compilers ## which lines of the C core its tests reach: about 1 minute
	$(SAY) 'measuring the coverage of the core, about 1 minute'
	@$(BIN)/python tests/csrc/measure_coverage.py --html build/coverage

sizes: $(VENV)/test-ready compilers ## write what code, stack and instructions the core takes on microcontrollers: 5 minutes
	@$(BIN)/python benchmarks/code_size.py --write
	@$(BIN)/python benchmarks/step_instructions.py --write

lint: $(VENV)/test-ready ## style and types: about 30 s
	$(SAY) 'ruff, clang-format and mypy, about 30 s'
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/clang-format --dry-run -Werror $(C_FILES)
	@# mypy does not know package_dir: links lay the package out as it is installed
	@rm -rf build/typed && mkdir -p build/typed/snnrt
	@ln -s $(CURDIR)/runtime/* $(CURDIR)/converters $(CURDIR)/targets $(CURDIR)/training build/typed/snnrt/
	@MYPYPATH=build/typed $(BIN)/mypy --no-error-summary -p snnrt
	@$(BIN)/python csrc/generate.py --check

format-c: $(VENV)/test-ready ## lay out the C sources as .clang-format says
	@$(BIN)/clang-format -i $(C_FILES)

generate: $(VENV)/demo-ready ## write what the core and docs/ir.md take from the specification in runtime/ir
	@$(BIN)/python csrc/generate.py

docs: $(VENV)/test-ready ## write what the pages take from the code, and their measured figures
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/figures.py

wheel: $(BIN)/python ## build dist/snnrt-….whl, one for every Python from 3.10
	@.ci/python_headers $(BIN)/python
	@rm -rf build/lib* build/bdist* build/temp* && mkdir -p dist
	@$(BIN)/python -m pip --disable-pip-version-check --quiet wheel . --no-deps --wheel-dir dist
	@ls dist/*.whl

clean: ## remove what was built; the virtual environment stays
	@rm -rf build dist demo-output *.egg-info runtime/_core*.so

$(BIN)/python:
	@printf 'creating %s, about 5 s\n' '$(VENV)'
	@.ci/create_venv '$(PYTHON)' '$(VENV)'

$(VENV)/demo-ready: setup.py pyproject.toml $(CORE) | $(BIN)/python
	@.ci/python_headers $(BIN)/python
	@printf 'installing snnrt and what it needs, compiling the C core: about 1 minute\n'
	@rm -rf build/lib* build/temp* runtime/_core*.so
	@$(INSTALL) -e '.[data,report]'
	@touch $@

# norse builds an extension that it does without; sinabs and rockpool pin an old nir, and sinabs a simulator that it
# imports only when used
$(VENV)/test-ready: pyproject.toml | $(VENV)/demo-ready
	@printf 'installing what the tests need (PyTorch and the frameworks): about 3 minutes\n'
	@$(INSTALL) -e '.[test]'
	@$(INSTALL) --no-deps norse==1.1.0 sinabs==3.1.3 rockpool==3.1.0
	@touch $@

compilers:
	@command -v chromium >/dev/null || .ci/install_packages chromium fonts-dejavu-core \
		|| echo 'without chromium the tests of the report in a browser are left out'
	@command -v valgrind >/dev/null || .ci/install_packages valgrind || echo 'without valgrind one test is left out'
	@command -v g++ >/dev/null || .ci/install_packages g++ || echo 'without g++ the tests in C++ are left out'
	@test -e /usr/include/simde/x86/avx512.h || .ci/install_packages libsimde-dev \
		|| echo "without SIMDe's headers kernels for x86 are tested only where the processor runs them"
	@ls "$$(clang++ -print-resource-dir 2>/dev/null)"/lib/linux/libclang_rt.asan-*.a >/dev/null 2>&1 \
		|| .ci/install_packages clang libclang-rt-dev || echo 'without clang its builds are left out'
	@{ command -v cmake && command -v ninja; } >/dev/null || .ci/install_packages cmake ninja-build \
		|| echo 'without cmake and ninja the tests of exported projects are left out'
	@arm-none-eabi-gcc -print-file-name=libc.a 2>/dev/null | grep -q / \
		|| .ci/install_packages gcc-arm-none-eabi libnewlib-arm-none-eabi \
		|| echo 'without a compiler for Cortex-M the tests of code size and firmware are left out'
	@command -v riscv64-unknown-elf-gcc >/dev/null || .ci/install_packages gcc-riscv64-unknown-elf \
		|| echo 'without a compiler for RISC-V its tests are left out'
	@{ command -v aarch64-linux-gnu-gcc && command -v qemu-aarch64; } >/dev/null \
		|| .ci/install_packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user \
		|| echo 'without a compiler for Cortex-A and its emulator the tests of NEON are left out'
	@{ command -v qemu-system-arm && command -v qemu-system-riscv32; } >/dev/null \
		|| .ci/install_packages qemu-system-arm qemu-system-misc \
		|| echo 'without the emulators the tests of emulated boards are left out'
