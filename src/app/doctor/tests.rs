//! Tables: which check fails with which code, and what rests on it.
