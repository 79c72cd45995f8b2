//! Users, groups and their change, as the C library has them: it alone changes them in all threads of a process.
//!
//! Invariant: what is asked of the lists of users and groups has one place in the C library, which the next question
//! overwrites. So [`ASKING`] is held from the question until the answer was copied, and nothing else here asks.
#![expect(
    unsafe_code,
    reason = "the C library's functions; those of the system itself change one thread only"
)]

use std::ffi::{CStr, CString};
use std::io;
use std::sync::{Mutex, PoisonError};

static ASKING: Mutex<()> = Mutex::new(());

/// Someone who may have processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: CString,
    pub(super) id: u32,
    pub(super) group: u32,
}

/// The user of this name, or of this number.
pub(super) fn user(name: &CStr) -> Option<User> {
    let number: Option<u32> = name.to_str().ok().and_then(|name| name.parse().ok());
    let _asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the name ends with a zero. What is returned is null or an entry that stays while `ASKING` is held.
    let found = unsafe {
        match number {
            Some(number) => libc::getpwuid(number),
            None => libc::getpwnam(name.as_ptr()),
        }
        .as_ref()
    }?;
    // SAFETY: an entry's name is a text that ends with a zero.
    let name = unsafe { CStr::from_ptr(found.pw_name) }.to_owned();
    Some(User { name, id: found.pw_uid, group: found.pw_gid })
}

/// The group of this name.
pub(super) fn group(name: &CStr) -> Option<u32> {
    let _asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: as above.
    unsafe { libc::getgrnam(name.as_ptr()).as_ref() }.map(|found| found.gr_gid)
}

/// Becomes this user and group, with the other groups of the user of this name or with none, in all threads.
///
/// # Errors
/// The system refuses, or there would be a way back to root.
pub(super) fn become_for_good(name: Option<&CStr>, user: u32, group: u32) -> io::Result<()> {
    #[cfg(target_vendor = "apple")]
    let (group, listed) = (group, group.cast_signed());
    #[cfg(not(target_vendor = "apple"))]
    let listed = group;
    // SAFETY: the name ends with a zero, and the list has as many groups as is said.
    done(match name {
        Some(name) => unsafe { libc::initgroups(name.as_ptr(), listed) },
        None => unsafe { libc::setgroups(1, &raw const group) },
    })?;
    // SAFETY: these take numbers and fail without them being anybody's.
    done(unsafe { libc::setgid(group) })?;
    done(unsafe { libc::setuid(user) })?;
    // SAFETY: as above.
    if user != 0 && unsafe { libc::setuid(0) } == 0 {
        return Err(io::Error::other("there is a way back to root"));
    }
    Ok(())
}

/// Rules out that this thread, or one that it starts from now on, ever has more rights by starting a program.
#[cfg(target_os = "linux")]
pub(super) fn no_new_privileges() -> io::Result<()> {
    // SAFETY: this call takes numbers alone; all five must be there.
    done(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name_and_number() {
        let root = user(c"root").unwrap();
        assert_eq!((root.id, root.group), (0, 0));
        assert_eq!(user(c"0"), Some(root));
        assert_eq!(user(c"nobody-by-this-name"), None);
        assert_eq!(group(c"no-such-group"), None);
    }
}
