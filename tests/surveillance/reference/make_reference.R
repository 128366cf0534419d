# Reference values for the tests of surges: R 4.2 or later with the package `surveillance` (1.20.3).
# Run from the top of the project:  Rscript tests/surveillance/reference/make_reference.R
# Writes series.csv, cases.csv, farrington.csv and ears.csv beside this file.
#
# Series: published surveillance counts that ship with the package (their sources: help pages of
# salmonella.agona, salmNewport, campyDE and m1; counts by the Robert Koch Institute and by Public
# Health England, as named there), and simulated ones with a fixed seed. Some lack values.

suppressMessages(library(surveillance))
options(digits = 17, warn = -1)
here <- "tests/surveillance/reference"

# ---- series -----------------------------------------------------------------------------------
set.seed(2017)
weeks <- 52 * 9
season <- function(mean, growth = 0) {
  t <- seq_len(weeks)
  exp(log(mean) + growth * t / 52 + 0.4 * sin(2 * pi * t / 52))
}
simulated <- list(
  steady = rnbinom(weeks, mu = season(12), size = 12),
  growing = rnbinom(weeks, mu = season(8, 0.12), size = 4),
  falling = rpois(weeks, season(30, -0.15)),
  rare = rpois(weeks, season(0.4)),
  bursts = rpois(weeks, season(6)) + rbinom(weeks, 1, 0.03) * rpois(weeks, 40)
)
gaps <- simulated$steady
gaps[sample(weeks - 60, 25)] <- NA
simulated$gaps <- gaps

data("salmonella.agona"); data("salmNewport"); data("campyDE"); data("m1")
agona <- as.numeric(salmonella.agona$observed)
newport <- salmNewport
days <- as.Date(epoch(newport), origin = "1970-01-01")
campy <- as.numeric(campyDE$case)
campy_days <- as.Date(campyDE$date)

# name, counts, days (NA: 52 times a year), times judged
series <- c(
  lapply(names(simulated), function(n) list(name = n, y = simulated[[n]], days = NULL, at = (weeks - 29):weeks)),
  list(
    list(name = "agona", y = agona, days = NULL, at = (length(agona) - 24):length(agona)),
    list(name = "measles_m1", y = as.numeric(m1$observed), days = NULL,
         at = (length(m1$observed) - 19):length(m1$observed)),
    list(name = "newport", y = rowSums(observed(newport)), days = days,
         at = (nrow(newport) - 29):nrow(newport)),
    list(name = "newport_bavaria", y = as.numeric(observed(newport)[, "Bavaria"]), days = days,
         at = (nrow(newport) - 29):nrow(newport)),
    list(name = "campy", y = campy, days = campy_days, at = (length(campy) - 29):length(campy))
  )
)
rows <- do.call(rbind, lapply(series, function(s) data.frame(
  series = s$name, time = seq_along(s$y) - 1,
  day = if (is.null(s$days)) "" else format(s$days), count = s$y
)))
write.csv(rows, file.path(here, "series.csv"), row.names = FALSE, quote = FALSE, na = "")

# ---- options ----------------------------------------------------------------------------------
base <- list(b = 5, w = 3, noPeriods = 1, pastWeeksNotIncluded = 3, reweight = TRUE,
             weightsThreshold = 2.58, trend = TRUE, pThresholdTrend = 0.05, events = 5, times = 4,
             powertrans = "2/3", thresholdMethod = "delta", alpha = 0.05)
levels <- list(b = c(2, 3, 4, 5), w = c(2, 3, 4), noPeriods = c(1, 2, 4, 5, 10),
               pastWeeksNotIncluded = c(0, 1, 3, 8, 26), reweight = c(TRUE, FALSE),
               weightsThreshold = c(1, 2, 2.58), trend = c(TRUE, FALSE),
               pThresholdTrend = c(0.01, 0.05, 0.3, 1), events = c(0, 5, 20), times = c(1, 4, 8),
               powertrans = c("2/3", "1/2", "none"), thresholdMethod = c("delta", "nbPlugin", "muan"),
               alpha = c(0.05, 0.01, 0.001))
cases <- list(base)
for (name in names(levels)) for (value in levels[[name]]) if (!identical(value, base[[name]])) {
  one <- base; one[[name]] <- value; cases <- c(cases, list(one))
}
for (i in 1:40) cases <- c(cases, list(lapply(levels, function(v) v[sample.int(length(v), 1)])))
table <- do.call(rbind, lapply(cases, as.data.frame))
write.csv(cbind(case = seq_along(cases), table), file.path(here, "cases.csv"), row.names = FALSE, quote = FALSE)

# ---- Farrington flexible ----------------------------------------------------------------------
one <- function(s, o) {
  counts <- sts(observed = matrix(s$y), frequency = 52, start = c(2000, 1),
                epoch = if (is.null(s$days)) NULL else as.numeric(s$days),
                epochAsDate = !is.null(s$days))
  control <- list(range = s$at, b = o$b, w = o$w, noPeriods = o$noPeriods,
                  pastWeeksNotIncluded = o$pastWeeksNotIncluded, reweight = o$reweight,
                  weightsThreshold = o$weightsThreshold, trend = o$trend,
                  pThresholdTrend = o$pThresholdTrend, limit54 = c(o$events, o$times),
                  powertrans = o$powertrans, thresholdMethod = o$thresholdMethod, alpha = o$alpha,
                  populationOffset = FALSE, glmWarnings = FALSE)
  r <- tryCatch(suppressWarnings(farringtonFlexible(counts, control = control)), error = function(e) e)
  if (inherits(r, "error")) {
    message(s$name, ": ", conditionMessage(r))
    return(NULL)
  }
  data.frame(time = s$at - 1, upper = as.numeric(upperbound(r)), expected = as.numeric(r@control$expected),
             p = as.numeric(r@control$pvalue), phi = as.numeric(r@control$phiVector),
             slope = as.numeric(r@control$trendVector), alarm = as.integer(r@alarm))
}
results <- list()
for (i in seq_along(cases)) for (s in series) {
  told <- one(list(name = s$name, y = s$y, days = s$days, at = tail(s$at, 6)), cases[[i]])
  if (!is.null(told)) results <- c(results, list(cbind(case = i, series = s$name, told)))
}
write.csv(do.call(rbind, results), file.path(here, "farrington.csv"), row.names = FALSE, quote = FALSE, na = "")

# ---- EARS -------------------------------------------------------------------------------------
ears <- list()
for (s in series) if (!anyNA(s$y)) for (method in c("C1", "C2", "C3")) for (baseline in c(3, 7, 14))
  for (sigma in c(0, 1.5)) {
    r <- earsC(sts(observed = matrix(s$y), frequency = 52),
               control = list(method = method, baseline = baseline, minSigma = sigma))
    at <- r@control$range; keep <- tail(seq_along(at), 20)
    ears <- c(ears, list(data.frame(series = s$name, method = method, baseline = baseline, min_sigma = sigma,
                                    time = at[keep] - 1, upper = as.numeric(upperbound(r))[keep],
                                    alarm = as.integer(r@alarm)[keep])))
  }
write.csv(do.call(rbind, ears), file.path(here, "ears.csv"), row.names = FALSE, quote = FALSE, na = "")
cat(length(cases), "cases on", length(series), "series,", nrow(do.call(rbind, results)), "values\n")
