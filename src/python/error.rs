//! Turns the core's errors into Python's exceptions: built-in ones where they fit, else subclasses of satrail.SatrailError.

use pyo3::PyErr;
use pyo3::exceptions::{
    PyFileExistsError, PyFileNotFoundError, PyIsADirectoryError, PyOSError, PyPermissionError, PyTypeError, PyValueError,
};

use crate::error::Error;

pyo3::import_exception!(satrail.errors, SatrailError);
pyo3::import_exception!(satrail.errors, StoreError);
pyo3::import_exception!(satrail.errors, LockedError);
pyo3::import_exception!(satrail.errors, NotInChainError);
pyo3::import_exception!(satrail.errors, BlockFilesError);
pyo3::import_exception!(satrail.errors, NotJoinedError);

/// The number by which every system that Python knows calls a full disk.
const NO_SPACE: i32 = 28;

impl From<Error> for PyErr {
    fn from(error: Error) -> PyErr {
        let text = error.to_string();
        match error {
            Error::Raised { error } => error.downcast().map_or_else(|_| PyValueError::new_err(text), |raised: Box<PyErr>| *raised),
            Error::NotFound { .. } | Error::NoBlockFiles { .. } => PyFileNotFoundError::new_err(text),
            Error::NotEmpty { .. } => PyFileExistsError::new_err(text),
            Error::ReadOnly { .. } => PyPermissionError::new_err(text),
            Error::DiskFull { .. } => PyOSError::new_err((NO_SPACE, text)),
            Error::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => PyFileNotFoundError::new_err(text),
                std::io::ErrorKind::PermissionDenied => PyPermissionError::new_err(text),
                std::io::ErrorKind::IsADirectory => PyIsADirectoryError::new_err(text),
                _ => PyOSError::new_err(text),
            },
            Error::NotAStore { .. } | Error::StoreVersion { .. } | Error::Corrupt { .. } | Error::EmptyStore => {
                StoreError::new_err(text)
            }
            Error::NotJoined { .. } => NotJoinedError::new_err(text),
            Error::Locked { .. } => LockedError::new_err(text),
            Error::XorKeyLength { .. } | Error::NoBlocks { .. } | Error::NoGenesis { .. } | Error::RawUnavailable { .. } => {
                BlockFilesError::new_err(text)
            }
            Error::UnknownTransaction { .. }
            | Error::UnknownOutput { .. }
            | Error::UnknownBlock { .. }
            | Error::UnknownAddress { .. }
            | Error::HeightBeyondTip { .. }
            | Error::BeforeGenesis { .. }
            | Error::AfterTip { .. } => NotInChainError::new_err(text),
            Error::BadRates { .. } | Error::Interrupted { .. } | Error::Stopped | Error::TraceInterrupted { .. } => {
                SatrailError::new_err(text)
            }
            Error::ThresholdType { .. } => PyTypeError::new_err(text),
            _ => PyValueError::new_err(text),
        }
    }
}
