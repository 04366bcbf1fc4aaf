//! The store: a folder of memory-mapped columns, with two hash indexes, postings and a manifest. docs/format.md describes it for
//! somebody who wants to write another reader.

pub mod checksums;
pub mod column;
pub mod columns;
pub mod index;
pub mod info;
pub mod lock;
pub mod manifest;
pub mod mapping;
pub(crate) mod names;
pub mod postings;
pub mod reader;
pub mod rollback;
pub mod writer;

pub use column::{Column, U40};
pub use columns::{Columns, Counts};
pub use info::StoreInfo;
pub use manifest::Manifest;
pub use reader::Store;
pub use writer::Writer;
