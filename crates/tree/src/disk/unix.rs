//! All that std only has for Unix.

use std::{
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rustix::fs::{Access, OFlags, access};

use crate::tree::Mode;

/// The mode of a file as far as git keeps it: whether its owner may run it.
pub(super) fn mode(metadata: &Metadata) -> Mode {
    if metadata.mode() & 0o100 == 0 { Mode::Plain } else { Mode::Executable }
}

/// Sets the permission bits, unlike those given on creation whatever the umask.
pub(super) fn set_mode(path: &Path, bits: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(bits))
}

/// Opens a file to lock it, and creates it if need be. Not through a link.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new().read(true).write(true).create(true).truncate(false).custom_flags(no_follow).open(path)
}

/// Whether an open file is the one that is at a path.
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let identity = |m: &Metadata| (m.dev(), m.ino());
    match fs::symlink_metadata(path) {
        Ok(there) => Ok(identity(&there) == identity(&file.metadata()?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// The file system that a path is on.
pub(super) fn device(path: &Path) -> io::Result<u64> {
    fs::symlink_metadata(path).map(|m| m.dev())
}

/// That files can be created in a folder and removed from it.
pub(super) fn check_writable(folder: &Path) -> io::Result<()> {
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}
