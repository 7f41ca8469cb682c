//! Check.
/// x
pub struct CheckReport;
/// x
pub struct FileReport;
