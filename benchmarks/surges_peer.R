# Times R's farringtonFlexible on a CSV of counts (one column a series), 52 times a year.
# Rscript benchmarks/surges_peer.R counts.csv noPeriods weeks  ->  seconds
suppressMessages(library(surveillance))
args <- commandArgs(trailingOnly = TRUE)
y <- as.matrix(read.csv(args[1], header = FALSE))
counts <- sts(observed = y, frequency = 52)
n <- nrow(y)
control <- list(range = (n - as.integer(args[3]) + 1):n, b = 5, w = 3, noPeriods = as.integer(args[2]),
                glmWarnings = FALSE)
seconds <- system.time(r <- suppressWarnings(farringtonFlexible(counts, control = control)))[["elapsed"]]
write.csv(upperbound(r), args[4], row.names = FALSE)
cat(seconds, "\n")
