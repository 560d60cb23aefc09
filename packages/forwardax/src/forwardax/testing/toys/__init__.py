"""Small systems, one page each, that show how a system is written.

`blobs`, `instrument`, `regression`, `groups` and `schools` are forward
models; `plugin` and `specs` declare those that are registered, without JAX.
"""
