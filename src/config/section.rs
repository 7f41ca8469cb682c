//! `section!`: one table of the configuration declared once, as typed and as needed.
//!
//! Must not do: know any key. `schema` declares them.

/// Declares a table: `RAW` holds what was typed with its place, `NAME` what the program needs.
///
/// Keys in `shipped` have a shipped value; those in `optional` may stay unset; those in
/// `nested` are tables of their own, which the owner settles.
macro_rules! section {
    (
        $(#[$meta:meta])* $name:ident / $raw:ident {
            shipped { $($(#[$doc:meta])* $key:ident: $ty:ty = $shipped:expr,)* }
            optional { $($(#[$odoc:meta])* $okey:ident: $oty:ty,)* }
            $(nested { $($nkey:ident: $nty:ty,)* })?
        }
    ) => {
        /// The table as typed.
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $raw {
            $(pub(super) $key: Option<toml::Spanned<$ty>>,)*
            $(pub(super) $okey: Option<toml::Spanned<$oty>>,)*
            $($(pub(super) $nkey: Option<toml::Spanned<$nty>>,)*)?
        }

        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[$doc])* pub $key: $ty,)*
            $($(#[$odoc])* pub $okey: Option<$oty>,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $shipped,)* $($okey: None,)* }
            }
        }

        impl $name {
            /// Typed values over shipped ones; `table` is `net.`, or empty.
            #[allow(unused_variables)] // a table may have no key of one sort
            pub(super) fn settle(
                raw: &$raw,
                table: &str,
                trail: &mut $crate::config::trail::Trail<'_>,
            ) -> Self {
                let shipped = Self::default();
                Self {
                    $($key: trail.pick(
                        table, stringify!($key), raw.$key.as_ref(), &shipped.$key,
                    ),)*
                    $($okey: trail.pick_optional(
                        table, stringify!($okey), raw.$okey.as_ref(),
                    ),)*
                }
            }
        }

        impl $raw {
            /// Every key that was typed, with its place.
            #[allow(dead_code)] // only tables whose keys depend on a choice ask
            pub(super) fn typed(&self) -> Vec<(&'static str, std::ops::Range<usize>)> {
                let all = [
                    $((stringify!($key), self.$key.as_ref().map(toml::Spanned::span)),)*
                    $((stringify!($okey), self.$okey.as_ref().map(toml::Spanned::span)),)*
                    $($((stringify!($nkey), self.$nkey.as_ref().map(toml::Spanned::span)),)*)?
                ];
                all.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
            }
        }

        impl $raw {
            /// Every key there is.
            #[cfg(test)]
            #[allow(dead_code)]
            pub(super) const KEYS: &'static [&'static str] = &[
                $(stringify!($key),)* $(stringify!($okey),)* $($(stringify!($nkey),)*)?
            ];
        }
    };
}
pub(super) use section;
