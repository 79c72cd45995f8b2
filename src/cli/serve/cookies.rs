//! The secrets of DNS cookies: where they come from, and when they change.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use super::state::StateFolder;
use crate::cli::config::{CookieConfig, secrets};
use crate::clock::UnixTime;
use crate::server::{CookieSecret, CookieSecrets};

/// How often a server that makes its own secrets makes another. Source: RFC 7873 §7.1.
const ROTATE: u64 = 24 * 60 * 60;
/// In the state folder.
const FILE: &str = "cookie-secrets";

/// The secrets that are in use.
pub(super) struct Secrets {
    secrets: CookieSecrets,
    origin: Origin,
}

#[derive(PartialEq, Eq)]
enum Origin {
    /// The operator's own: he changes them.
    File(PathBuf),
    /// Made here, at this time.
    Made(UnixTime),
}

impl Secrets {
    /// Those that the configuration asks for; none where it wants no cookies.
    ///
    /// # Errors
    /// The file that it names holds none, or there are no random numbers to be had.
    pub(super) fn open(
        config: &CookieConfig,
        state: Option<&StateFolder>,
        now: UnixTime,
    ) -> anyhow::Result<Option<Self>> {
        if !config.enabled {
            return Ok(None);
        }
        if let Some(path) = &config.secrets {
            let secrets = secrets::from_file(path)
                .with_context(|| format!("no cookie secrets in {}", path.display()))?;
            return Ok(Some(Self { secrets, origin: Origin::File(path.clone()) }));
        }
        let kept = state.and_then(|state| Some((kept(state)?, state.written_at(FILE)?)));
        let mut made = match kept {
            Some((secrets, at)) => Self { secrets, origin: Origin::Made(at.min(now)) },
            None => {
                let made = Self { secrets: CookieSecrets::generate()?, origin: Origin::Made(now) };
                made.keep_or_tell(state);
                made
            }
        };
        made.rotate_if_due(state, now)?;
        Ok(Some(made))
    }

    /// Puts those of a new configuration in place of `held`. Such as are made here go on as they are.
    ///
    /// # Errors
    /// As [`Secrets::open`]; then those that were held stay.
    pub(super) fn open_again(
        held: &mut Option<Self>,
        config: &CookieConfig,
        state: Option<&StateFolder>,
        now: UnixTime,
    ) -> anyhow::Result<()> {
        let made_here = matches!(held, Some(Self { origin: Origin::Made(_), .. }));
        if !(made_here && config.enabled && config.secrets.is_none()) {
            *held = Self::open(config, state, now)?;
        }
        Ok(())
    }

    pub(super) fn get(&self) -> &CookieSecrets {
        &self.secrets
    }

    /// How long until another is due.
    pub(super) fn due_in(&self, now: UnixTime) -> Option<Duration> {
        let Origin::Made(at) = self.origin else { return None };
        Some(Duration::from_secs(at.plus(ROTATE).0.saturating_sub(now.0)))
    }

    /// Makes another where one is due; cookies that were made with the one before it stay valid as long.
    ///
    /// # Errors
    /// There are no random numbers to be had.
    pub(super) fn rotate_if_due(
        &mut self,
        state: Option<&StateFolder>,
        now: UnixTime,
    ) -> anyhow::Result<bool> {
        if self.due_in(now) != Some(Duration::ZERO) {
            return Ok(false);
        }
        self.secrets = self.secrets.rotate(CookieSecret::generate()?);
        self.origin = Origin::Made(now);
        self.keep_or_tell(state);
        Ok(true)
    }

    /// A full disk is no reason to answer nobody.
    fn keep_or_tell(&self, state: Option<&StateFolder>) {
        let Some(state) = state else { return };
        if let Err(error) = state.write(FILE, self.secrets.to_text().as_bytes()) {
            tracing::error!("cookie secrets can't be kept: {error}: cookies end with this server");
        }
    }
}

/// What the state folder holds. What can't be read there is told and made anew: clients then fetch new cookies.
fn kept(state: &StateFolder) -> Option<CookieSecrets> {
    let parsed = match state.read(FILE, secrets::LARGEST) {
        Ok(None) => return None,
        Ok(Some(octets)) => secrets::parse(&octets),
        Err(error) => Err(error.into()),
    };
    parsed
        .inspect_err(|error| tracing::error!("the cookie secrets that were kept are of no use: {error:#}"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: CookieConfig = CookieConfig { enabled: true, require: false, secrets: None };

    fn open(config: &CookieConfig, state: Option<&StateFolder>, now: UnixTime) -> Secrets {
        Secrets::open(config, state, now).unwrap().unwrap()
    }

    #[test]
    fn secrets_that_can_not_be_kept_serve_as_long_as_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(folder.path()).unwrap();
        folder.close().unwrap();
        let now = UnixTime::now();
        let mut secrets = open(&OWN, Some(&state), now);
        assert!(secrets.rotate_if_due(Some(&state), now.plus(ROTATE)).unwrap());
    }

    #[test]
    fn own_secrets_outlive_the_server_and_change_each_day() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(folder.path()).unwrap();
        let now = UnixTime::now();
        let first = open(&OWN, Some(&state), now);
        let mut again = open(&OWN, Some(&state), now);
        assert_eq!(first.get(), again.get());
        assert!(!again.rotate_if_due(Some(&state), now.plus(ROTATE - 2)).unwrap());
        assert!(again.rotate_if_due(Some(&state), now.plus(ROTATE)).unwrap());
        assert_ne!(first.get().current(), again.get().current());
        assert!(again.get().all().any(|secret| secret == first.get().current()), "the last one stays valid");
        assert_eq!(open(&OWN, Some(&state), now).get(), again.get(), "and both are kept");
        // Of old age at the start too.
        let late = open(&OWN, Some(&state), now.plus(ROTATE + 60));
        assert_ne!(late.get().current(), again.get().current());
    }

    #[test]
    fn without_state_they_end_with_the_server() {
        let now = UnixTime::now();
        assert_ne!(open(&OWN, None, now).get(), open(&OWN, None, now).get());
        let mut secrets = open(&OWN, None, now);
        assert!(secrets.rotate_if_due(None, now.plus(ROTATE)).unwrap());
        let (before, mut held) = (secrets.get().clone(), Some(secrets));
        Secrets::open_again(&mut held, &OWN, None, now).unwrap();
        assert_eq!(*held.unwrap().get(), before, "a reload changes nothing");
    }

    #[test]
    fn what_was_damaged_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(folder.path()).unwrap();
        state.write(FILE, b"\xff").unwrap();
        let made = open(&OWN, Some(&state), UnixTime::now());
        assert_eq!(*made.get(), *open(&OWN, Some(&state), UnixTime::now()).get());
    }

    #[test]
    fn shared_secrets_are_the_operators() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let config = CookieConfig { secrets: Some(file.path().to_owned()), ..OWN };
        let now = UnixTime::now();
        assert!(Secrets::open(&config, None, now).is_err(), "it is empty");
        std::fs::write(file.path(), "e5e973e5a6b2a43f48e7dc849e37bfcf\n").unwrap();
        let mut secrets = open(&config, None, now);
        assert!(
            secrets.due_in(now).is_none() && !secrets.rotate_if_due(None, now.plus(10 * ROTATE)).unwrap()
        );
        std::fs::write(file.path(), "445536bcd2513298075a5d379663c962\n").unwrap();
        let mut held = Some(secrets);
        Secrets::open_again(&mut held, &config, None, now).unwrap();
        std::fs::write(file.path(), "no secret\n").unwrap();
        assert!(Secrets::open_again(&mut held, &config, None, now).is_err());
        assert_eq!(*held.unwrap().get().to_text(), "445536bcd2513298075a5d379663c962\n");
        let none = CookieConfig { enabled: false, ..config };
        assert!(Secrets::open(&none, None, now).unwrap().is_none());
    }
}
