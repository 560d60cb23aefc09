"""Mass profiles: deflections, convergence and potential on a grid."""
