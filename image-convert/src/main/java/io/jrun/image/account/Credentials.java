package io.jrun.image.account;

/** How a user proves himself to one registry. */
public sealed interface Credentials {

    /** No account is known for the registry. */
    record Anonymous() implements Credentials {}

    /** An account. */
    record Password(String user, Secret password) implements Credentials {}

    /** A refresh token, which is traded for access tokens. Source: RFC 6749, section 6. */
    record IdentityToken(Secret token) implements Credentials {}
}
