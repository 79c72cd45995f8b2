//! Another user than root, for a server that was started as root: it opens its sockets, becomes that user, and only then
//! reads whatever somebody may have written.
//!
//! Nothing is kept of what root may do: a server opens no socket after its start, reloads included.

mod system;

use std::ffi::CString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, lchown};
use std::path::Path;

use anyhow::Context;
use rustix::process::geteuid;

use super::Config;

/// The user that a server becomes.
pub(super) struct Privileges {
    /// None of a user that has only a number.
    name: Option<CString>,
    user: u32,
    group: u32,
}

/// Takes from this thread, and all that it will start, the way to more rights. Before there are other threads.
pub(super) fn never_more() {
    #[cfg(target_os = "linux")]
    if let Err(error) = system::no_new_privileges() {
        // A kernel of long ago: the server starts no program anyway.
        tracing::debug!(%error, "new privileges can't be ruled out");
    }
}

impl Privileges {
    /// The user that the configuration wants, where it is another than this.
    ///
    /// # Errors
    /// There is no such user or group, or this user can't become another.
    pub(super) fn wanted(config: &Config) -> anyhow::Result<Option<Self>> {
        let own = geteuid();
        let Some(wanted) = &config.user else {
            if own.is_root() {
                tracing::warn!("running as root: the configuration should name a `user`");
            }
            return Ok(None);
        };
        let found = system::user(&CString::new(wanted.as_str())?);
        let number = wanted.parse().ok();
        let user = found.as_ref().map(|found| found.id).or(number);
        let user = user.with_context(|| format!("there is no user {wanted}"))?;
        let group = match &config.group {
            Some(group) => Some(group_of(group)?),
            None => found.as_ref().map(|found| found.group),
        };
        let group = group.with_context(|| format!("the user {wanted} has no group: name a `group`"))?;
        if user == own.as_raw() {
            return Ok(None);
        }
        anyhow::ensure!(own.is_root(), "only root can become the user {wanted}");
        Ok(Some(Self { name: found.map(|found| found.name), user, group }))
    }

    /// Becomes that user, in all threads, for good. Where its folders are not there yet they are made for that user.
    pub(super) fn take_on(&self, config: &Config) -> anyhow::Result<()> {
        for folder in config.state.iter().chain(&config.images) {
            self.make(folder).with_context(|| format!("the folder {} can't be made", folder.display()))?;
        }
        let Self { name, user, group } = self;
        system::become_for_good(name.as_deref(), *user, *group).context("root can't become another user")?;
        tracing::info!(user, group, "no longer root");
        Ok(())
    }

    fn make(&self, folder: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => lchown(folder, Some(self.user), Some(self.group)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn group_of(group: &str) -> anyhow::Result<u32> {
    match group.parse() {
        Ok(number) => Ok(number),
        Err(_) => system::group(&CString::new(group)?).with_context(|| format!("there is no group {group}")),
    }
}
