package io.polymq.core.security;

/** Hears of logins that were refused. Any thread; must not block. */
public interface LoginFailures {

    /**
     * @param user whom the client claimed to be, empty where it did not say
     */
    void refused(Credentials.Peer peer, String user, Security.AuthResult.Refused refused);
}
