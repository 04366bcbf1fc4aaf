//! The one integration test binary of the core; every concept has its module.

mod common;
mod format;
mod verify;
