# Short names for what CMake and the scripts do. `make` alone lists them.
BUILD ?= build
TYPE  ?= RelWithDebInfo
NINJA  = ninja -C $(BUILD)

.DEFAULT_GOAL := help
.PHONY: help deps build demo test check bench asan tsan fuzz models operations images format lint install clean configure

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

deps: ## install what is missing of the Debian packages (asks for sudo when not root)
	@docker/install-packages.sh build run test

configure:
	@docker/install-packages.sh --if-missing build run
	@[ -f $(BUILD)/build.ninja ] || cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=$(TYPE)

build: configure ## build/enibox and build/session-manager-plugin
	@$(NINJA)

images: build ## make the offline images once (nginx, busybox, pause, the instance)
	@docker/build-images.sh

demo: build ## the awsvpc lab with the stock AWS CLI, each command with its output
	@docker/install-packages.sh --if-missing demo
	@docker/build-images.sh
	@docker/demo.sh

test: ## every tier: unit, wire, net, e2e
	@docker/install-packages.sh --if-missing build run test
	@$(MAKE) --no-print-directory build
	@docker/build-images.sh
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error $(CTEST_FLAGS)

check: ## format, lint, test: before each commit
	@docker/install-packages.sh --if-missing build run test
	@tests/format.sh --check
	@$(MAKE) --no-print-directory build
	@tests/lint.sh $(BUILD)
	@$(MAKE) --no-print-directory test

format: ## rewrite the sources as .clang-format says
	@tests/format.sh

lint: build ## clang-tidy over what changed since it last passed
	@tests/lint.sh $(BUILD)

bench: build ## a table of ratios, each against a baseline of the same run
	@docker/install-packages.sh --if-missing bench
	@docker/build-images.sh
	@tests/bench/bench.sh $(BUILD)

asan: ## unit, wire, net and e2e tiers under the address and undefined behaviour sanitizers
	@cmake -S . -B build-asan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DENIBOX_SANITIZE=ON
	@ninja -C build-asan
	@docker/build-images.sh
	@ctest --test-dir build-asan --output-on-failure --no-tests=error

tsan: ## unit tests under the thread sanitizer
	@cmake -S . -B build-tsan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DENIBOX_TSAN=ON
	@ninja -C build-tsan unit_tests
	@ctest --test-dir build-tsan -L unit --output-on-failure --no-tests=error

fuzz: ## a minute of each fuzz target (clang)
	@tests/fuzz/run.sh

models: ## trim the service models anew from the installed botocore
	@python3 api/models/trim.py

operations: configure ## write docs/operations.md anew from the tables of operations
	@$(NINJA) unit_tests
	@UPDATE_GOLDEN=1 $(BUILD)/unit_tests --gtest_brief=1 --gtest_filter='OperationsPage.*'

install: build ## into $(DESTDIR)/usr/local
	@cmake --install $(BUILD)

clean: ## remove the build folders
	@rm -rf build build-asan build-tsan build-fuzz
