//! Graphs: the chain as one, and those of traces, with their paths, choke points and cuts.

mod chain;
mod choke;
mod made;
mod paths;
mod trace;
