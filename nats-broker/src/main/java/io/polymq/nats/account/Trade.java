package io.polymq.nats.account;

import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.subject.SubjectTransform;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What accounts import from one another: planned first, import by import, so that a configuration
 * that cannot be changes nothing, then begun as a whole. One thread plans; what it makes is shared.
 */
final class Trade {

    private final Accounts accounts;
    private final Crossing crossing;
    private final LongSupplier nanoClock;
    private final SecureRandom random;
    private final Map<String, ServiceReplies> replies;
    private final Function<Account, AccountOptions> options;
    private final List<Planned> planned = new ArrayList<>();
    private final List<Router.Subscription> begun = new ArrayList<>();

    private record Planned(Router.Space space, Filter filter, Sink sink) {}

    Trade(Router router, Accounts accounts, LongSupplier nanoClock, SecureRandom random) {
        this(
                accounts,
                new Crossing(router),
                nanoClock,
                random,
                new ConcurrentHashMap<>(),
                Account::options);
    }

    private Trade(
            Accounts accounts,
            Crossing crossing,
            LongSupplier nanoClock,
            SecureRandom random,
            Map<String, ServiceReplies> replies,
            Function<Account, AccountOptions> options) {
        this.accounts = accounts;
        this.crossing = crossing;
        this.nanoClock = nanoClock;
        this.random = random;
        this.replies = replies;
        this.options = options;
    }

    /** Another trade, by other options, which also brings the answers that are owed by now. */
    Trade again(Map<Account, AccountOptions> now) {
        return new Trade(
                accounts,
                crossing,
                nanoClock,
                random,
                replies,
                account -> now.getOrDefault(account, account.options()));
    }

    /** What was planned holds from now on. */
    void begin() {
        for (Planned one : planned) {
            begun.add(one.space().subscribe(one.filter(), null, false, one.sink()));
        }
        planned.clear();
    }

    /** Nothing is imported any more. */
    void close() {
        begun.forEach(Router.Subscription::close);
        begun.clear();
    }

    /** Plans one import, or says why it cannot be. */
    void plan(Account importer, AccountOptions.Import wanted) throws OptionsException {
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
        planned.add(
                new Planned(
                        exporter.space(), filter, new StreamImport(crossing, importer, transform)));
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
        planned.add(
                new Planned(
                        importer.space(),
                        asked,
                        new ServiceImport(
                                crossing,
                                importer,
                                exporter,
                                transform,
                                repliesOf(exporter),
                                export)));
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

    private AccountOptions.@Nullable Export export(
            Account exporter, Account importer, AccountOptions.Import wanted, Filter filter)
            throws OptionsException {
        for (AccountOptions.Export export : options.apply(exporter).exports()) {
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
