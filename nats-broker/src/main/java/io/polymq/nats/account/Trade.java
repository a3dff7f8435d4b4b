package io.polymq.nats.account;

import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.subject.SubjectTransform;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Sets up what accounts import from one another. Used at the start; what it makes is shared. */
final class Trade {

    private final Accounts accounts;
    private final Crossing crossing;
    private final LongSupplier nanoClock;
    private final SecureRandom random;
    private final Map<String, ServiceReplies> replies = new HashMap<>();

    Trade(Router router, Accounts accounts, LongSupplier nanoClock, SecureRandom random) {
        this.accounts = accounts;
        this.crossing = new Crossing(router);
        this.nanoClock = nanoClock;
        this.random = random;
    }

    /** Opens one import, or says why it cannot be. */
    void open(Account importer, AccountOptions.Import wanted) throws OptionsException {
        Account exporter = accounts.get(wanted.account());
        if (exporter == null) {
            throw new OptionsException(
                    "account "
                            + importer.name()
                            + " imports from "
                            + wanted.account()
                            + ": account missing");
        }
        Filter filter = filter(wanted.subject());
        AccountOptions.Export export = export(exporter, importer, wanted, filter);
        if (export == null) {
            throw new OptionsException(
                    "account "
                            + importer.name()
                            + ": import of \""
                            + wanted.subject()
                            + "\" not authorized by "
                            + exporter.name());
        }
        try {
            if (wanted.service()) {
                service(importer, exporter, wanted, export);
            } else {
                stream(importer, exporter, wanted, filter);
            }
        } catch (IllegalArgumentException wrong) {
            throw new OptionsException(
                    "account "
                            + importer.name()
                            + ": import of \""
                            + wanted.subject()
                            + "\": "
                            + wrong.getMessage());
        }
    }

    private void stream(
            Account importer, Account exporter, AccountOptions.Import wanted, Filter filter) {
        String to = wanted.to();
        String prefix = wanted.prefix();
        SubjectTransform transform = null;
        if (to != null) {
            transform = SubjectTransform.reversible(wanted.subject(), to);
        } else if (prefix != null) {
            String before = prefix.endsWith(".") ? prefix : prefix + '.';
            transform = SubjectTransform.reversible(wanted.subject(), before + wanted.subject());
        }
        exporter.space()
                .subscribe(filter, null, false, new StreamImport(crossing, importer, transform));
    }

    private void service(
            Account importer,
            Account exporter,
            AccountOptions.Import wanted,
            AccountOptions.Export export)
            throws OptionsException {
        String own = wanted.to() == null ? wanted.subject() : wanted.to();
        SubjectTransform transform = null;
        if (!own.equals(wanted.subject())) {
            transform =
                    own.contains("$") || own.contains("{{")
                            ? SubjectTransform.reversible(wanted.subject(), own).reversed()
                            : SubjectTransform.reversible(own, wanted.subject());
        }
        Filter asked = transform == null ? filter(own) : transform.filter();
        importer.space()
                .subscribe(
                        asked,
                        null,
                        false,
                        new ServiceImport(
                                crossing,
                                importer,
                                exporter,
                                transform,
                                repliesOf(exporter),
                                export));
    }

    private ServiceReplies repliesOf(Account exporter) throws OptionsException {
        ServiceReplies known = replies.get(exporter.name());
        if (known == null) {
            known = new ServiceReplies(crossing, nanoClock, random);
            exporter.space().subscribe(filter(ServiceReplies.PREFIX + '>'), null, false, known);
            replies.put(exporter.name(), known);
        }
        return known;
    }

    private static AccountOptions.@Nullable Export export(
            Account exporter, Account importer, AccountOptions.Import wanted, Filter filter)
            throws OptionsException {
        for (AccountOptions.Export export : exporter.options().exports()) {
            if (export.service() == wanted.service()
                    && filter(export.subject()).covers(filter)
                    && isOpenTo(export, importer, wanted)) {
                return export;
            }
        }
        return null;
    }

    private static boolean isOpenTo(
            AccountOptions.Export export, Account importer, AccountOptions.Import wanted) {
        if (export.tokenPosition() > 0) {
            String[] levels = wanted.subject().split("\\.", -1);
            return levels.length >= export.tokenPosition()
                    && levels[export.tokenPosition() - 1].equals(importer.name());
        }
        return (export.accounts().isEmpty() && !export.tokenRequired())
                || export.accounts().contains(importer.name());
    }

    private static Filter filter(String subject) throws OptionsException {
        try {
            return Dialect.NATS.parse(subject);
        } catch (InvalidSubjectException e) {
            throw new OptionsException("\"" + subject + "\" is no valid subject");
        }
    }

    /** Forgets answers that are overdue. Any thread. */
    void sweep() {
        replies.values().forEach(ServiceReplies::sweep);
    }
}
