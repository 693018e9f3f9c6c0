# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.

.DEFAULT_GOAL := help
.PHONY: help demo test test-ui sanitize bench bench-engine bench-pipeline bench-search lint build models prepare

export PICTURES MODELS OPENBLAS SERVE

TRAITS := $(if $(filter no,$(OPENBLAS)),--disable-default-traits)

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  Settings: PICTURES="a.jpg b.jpg" (demo), MODELS="a b" (models), OPENBLAS=no, FACEKIT_MODELS, FACEKIT_MODEL_MIRROR, FACEKIT_EVAL'

demo: models ## Build the release, get the models, find and compare faces in pictures, serve (SERVE=no: do not).
	@.ci/demo.sh

test: ## Build and run everything that is checked before a change is taken (FACEKIT_UI=required: the pages too).
	@.ci/prepare.sh $(if $(filter required,$(FACEKIT_UI)),--with-browser)
	@.ci/test.sh

test-ui: build ## Follow the guide's steps in a real browser (chromium, selenium).
	@.ci/ui.sh

sanitize: prepare ## Run what threads share and what reads files under the Thread and the Address Sanitizer (half an hour).
	@.ci/sanitize.sh

bench: build ## Measure accuracy and speed beside the Python reference.
	@Benchmarks/lfw_speed.sh

bench-engine: build ## Compare the engine with ONNX Runtime, ncnn and OpenVINO (ARGUMENTS="--only yunet_n").
	@Benchmarks/engine/compare.sh $(ARGUMENTS)

bench-pipeline: build ## Measure pictures from bytes to embeddings beside the same in Python (ARGUMENTS="--threads 1 2").
	@Benchmarks/pipeline/compare.sh $(ARGUMENTS)

bench-search: build ## Compare 1:N search with FAISS and USearch (ARGUMENTS="--sizes 1000 100000").
	@Benchmarks/search/compare.sh $(ARGUMENTS)

lint: ## Check the format of the Swift files.
	@.ci/lint.sh

build: prepare
	@swift build -c release $(TRAITS) --product facekit

models: build
	@.ci/models.sh

prepare:
	@.ci/prepare.sh
