package io.polymq.network;

import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in the client certificates that the configured authorities vouch for, unless a list of
 * revoked ones has them. The client's own certificate needs a list of its signer's that is not out
 * of date; those above it are looked up where there is a list. Nothing is fetched: what a
 * certificate says of where lists are to be had is left alone. Shared, immutable.
 */
final class RevocationLists extends X509ExtendedTrustManager {

    private static final Logger LOG = LoggerFactory.getLogger(RevocationLists.class);

    /** The clock of the one who signs lists may be so far off, as the JDK grants it too. */
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(15);

    private final X509ExtendedTrustManager authorities;
    private final List<X509CRL> lists;
    private final InstantSource clock;

    RevocationLists(X509ExtendedTrustManager authorities, Path file, InstantSource clock) {
        this.authorities = authorities;
        this.lists = PemFiles.revocationLists(file, "crl");
        this.clock = clock;
        for (X509CRL list : lists) {
            if (!isCurrent(list)) {
                LOG.atWarn()
                        .addKeyValue("file", file)
                        .addKeyValue("issuer", list.getIssuerX500Principal())
                        .addKeyValue("next_update", list.getNextUpdate())
                        .log("A list of revoked certificates is out of date");
            }
        }
    }

    private boolean isCurrent(X509CRL list) {
        Instant now = clock.instant();
        Date next = list.getNextUpdate();
        return now.plus(CLOCK_SKEW).isAfter(list.getThisUpdate().toInstant())
                && (next == null || now.minus(CLOCK_SKEW).isBefore(next.toInstant()));
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        List<X509Certificate> known = new ArrayList<>(Arrays.asList(chain));
        known.addAll(Arrays.asList(authorities.getAcceptedIssuers()));
        for (int i = 0; i < chain.length; i++) {
            check(chain[i], known, i == 0);
        }
    }

    private void check(X509Certificate one, List<X509Certificate> known, boolean needsList)
            throws CertificateException {
        boolean found = false;
        for (X509CRL list : lists) {
            if (!list.getIssuerX500Principal().equals(one.getIssuerX500Principal())
                    || !isCurrent(list)
                    || list.hasUnsupportedCriticalExtension()
                    || !areOfOneSigner(list, one, known)) {
                continue;
            }
            found = true;
            if (list.isRevoked(one)) {
                throw refused("the certificate is revoked", BasicReason.REVOKED);
            }
        }
        if (needsList && !found) {
            throw refused(
                    "no list of revoked certificates of its signer is at hand",
                    BasicReason.UNDETERMINED_REVOCATION_STATUS);
        }
    }

    /** Of the same key, that is: anyone can call himself by that name. */
    private static boolean areOfOneSigner(
            X509CRL list, X509Certificate one, List<X509Certificate> known) {
        return known.stream()
                .filter(
                        signer ->
                                signer.getSubjectX500Principal()
                                        .equals(one.getIssuerX500Principal()))
                .anyMatch(signer -> PemFiles.hasSigned(signer, one) && hasSigned(signer, list));
    }

    private static boolean hasSigned(X509Certificate signer, X509CRL list) {
        try {
            list.verify(signer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** With the cause that QUIC's alert tells of; the JDK's is certificate_unknown at all times. */
    private static CertificateException refused(String why, BasicReason reason) {
        return new CertificateException(
                why, new CertPathValidatorException(why, null, null, -1, reason));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String keyType)
            throws CertificateException {
        authorities.checkClientTrusted(chain, keyType);
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String keyType, Socket socket)
            throws CertificateException {
        authorities.checkClientTrusted(chain, keyType, socket);
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String keyType, SSLEngine engine)
            throws CertificateException {
        authorities.checkClientTrusted(chain, keyType, engine);
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String keyType)
            throws CertificateException {
        throw new CertificateException("this is a server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String keyType, Socket socket)
            throws CertificateException {
        checkServerTrusted(chain, keyType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String keyType, SSLEngine engine)
            throws CertificateException {
        checkServerTrusted(chain, keyType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }
}
