package io.polymq.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Whom TLS connections trust.
 *
 * @param context for clients that take one
 * @param managers for those that make their own
 */
record Trust(SSLContext context, TrustManagerFactory managers) {

    /** The authorities of a PEM file; those of the Java runtime without one. */
    static Trust of(@Nullable Path authority) {
        try {
            TrustManagerFactory managers =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(authority == null ? null : store(authority));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return new Trust(context, managers);
        } catch (IOException | GeneralSecurityException unusable) {
            throw new CliException(
                    ExitStatus.IO,
                    (authority == null ? "The certificates of Java" : authority)
                            + " cannot be used: "
                            + unusable.getMessage(),
                    unusable);
        }
    }

    private static KeyStore store(Path authority) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(authority)) {
            int number = 0;
            for (Certificate one :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("authority-" + number++, one);
            }
        }
        return store;
    }
}
