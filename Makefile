# meibo: `make run` shows a night, `make test` proves it. Both install what they
# need; the only thing expected is Debian with Go.

GO ?= go
BIN := bin/meibo
DAYS := --from 2026-11-19 --to 2026-11-21

.PHONY: help build run test unit race lint fuzz chaos bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

build: ## build bin/meibo
	$(GO) build -trimpath -o $(BIN) ./cmd/meibo

run: build ## three nights on a copy of the sample data with the embedded SQLite; prints where the reports are
	@rm -rf var/run && mkdir -p var/run && cp -r sample-data/inbox var/run/inbox
	@$(BIN) run $(DAYS) --config sample-data/meibo.yaml --db sqlite:var/run/meibo.db \
		--inbox var/run/inbox --outbox var/run/outbox; code=$$?; \
	case $$code in 0|3|5) ;; *) exit $$code;; esac; \
	echo; echo "帳票 (reports):"; find var/run/outbox -type f | sort; \
	echo; echo "例 (for example): $(BIN) explain CASE2EXT01 --as-of 2026-11-21 --db sqlite:var/run/meibo.db"

test: lint ## everything, on SQLite and on a private MariaDB
	@.ci/mariadb $(MAKE) --no-print-directory unit race

unit:
	$(GO) test -count=1 -timeout 25m ./...

# A race build makes SQLite inserts 37 times slower: only what is concurrent.
race:
	$(GO) test -count=1 -race -skip "Mutants|DamagedEncrypted|Bombs|Quality|Traps|Namesakes" ./pipeline/run/... ./pipeline/source/... ./pipeline/intake/... ./pipeline/durable/... ./pipeline/identity/...
	$(GO) test -count=1 -race -run "People|Lease" ./pipeline/store

lint: ## formatting, vet and staticcheck
	@out=$$($(GO) tool gofumpt -l cmd jobs pipeline schemas); test -z "$$out" || { echo "not formatted:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags failpoint ./...
	$(GO) tool staticcheck ./...

fuzz: ## native fuzz targets, 60 s each, and 10,000 damaged workbooks and CSVs
	$(GO) test -v -run Mutants ./pipeline/source -mutants 10000 -timeout 60m
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s -fuzzminimizetime 10x $$p || exit 1; \
		done; done

# Of what is tried beyond every name of a point, every file operation and every call
# of a database (jobs/README.md), every so manieth. Odd, for calls come in pairs.
STRIDE ?= 17

# What is tried, by names of tests: a part, such as ChaosSQL, may be tried by itself.
CHAOS ?= Chaos|TestKilled|LeaseTakenOver|AnyVersion|DiskErrors|TestP[136][A-Z]

chaos: ## kill, cut and fail the nights everywhere, on SQLite and on a private MariaDB; prints a table of the trials
	cd jobs && ../.ci/mariadb $(GO) test -count=1 -timeout 600m -parallel 4 -run "$(CHAOS)" -chaos -stride $(STRIDE)

RECORDS ?= 2000000

bench: build ## speed as ratios in one run; RECORDS is how many IDs identity resolves
	$(GO) test -run '^$$' -bench Ratio -benchtime 1x -timeout 30m ./cmd/meibo -args -records $(RECORDS)
	$(GO) test -timeout 60m -run '^$$' -bench Ratio -benchtime 1x ./jobs ./pipeline/report

clean: ## remove what make built or ran
	rm -rf bin var
