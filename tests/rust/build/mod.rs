//! Makes small chains for tests, the same from the same seed: blocks with real proof of work at regtest's difficulty, of every
//! kind of script, with branches; and block files of them in every disorder that a node or an accident can leave.

pub mod chain;
pub mod files;
pub mod locks;
pub mod rng;
pub mod work;

pub use chain::{Shape, Tree, mine, seal};
pub use files::{Folder, Layout, write};
pub use rng::Rng;
