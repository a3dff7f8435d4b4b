package io.polymq.kafka.security;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsRequestData.AclCreation;
import org.apache.kafka.common.message.CreateAclsResponseData;
import org.apache.kafka.common.message.CreateAclsResponseData.AclCreationResult;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsRequestData.DeleteAclsFilter;
import org.apache.kafka.common.message.DeleteAclsResponseData;
import org.apache.kafka.common.message.DeleteAclsResponseData.DeleteAclsFilterResult;
import org.apache.kafka.common.message.DeleteAclsResponseData.DeleteAclsMatchingAcl;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeAclsResponseData;
import org.apache.kafka.common.message.DescribeAclsResponseData.AclDescription;
import org.apache.kafka.common.message.DescribeAclsResponseData.DescribeAclsResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Serves DescribeAcls, CreateAcls and DeleteAcls on the shared access rules. Connection zone;
 * changes end on metadata's threads.
 */
public final class AclsHandler {

    private static final int MOST_AT_ONCE = 128;
    private static final int ATTEMPTS = 5;

    private final RuleStore rules;
    private final Access access;

    public AclsHandler(RuleStore rules, Access access) {
        this.rules = rules;
        this.access = access;
    }

    public void describe(Exchange exchange) {
        DescribeAclsRequestData request = exchange.body(DescribeAclsRequestData.class);
        DescribeAclsResponseData response = new DescribeAclsResponseData();
        if (!access.cluster(exchange.client(), Action.DESCRIBE)) {
            Errors error = Errors.CLUSTER_AUTHORIZATION_FAILED;
            exchange.respond(response.setErrorCode(error.code()).setErrorMessage(error.message()));
            return;
        }
        AclBindingFilter filter =
                new AclBindingFilter(
                        new ResourcePatternFilter(
                                ResourceType.fromCode(request.resourceTypeFilter()),
                                request.resourceNameFilter(),
                                PatternType.fromCode(request.patternTypeFilter())),
                        new AccessControlEntryFilter(
                                request.principalFilter(),
                                request.hostFilter(),
                                AclOperation.fromCode(request.operation()),
                                AclPermissionType.fromCode(request.permissionType())));
        if (filter.isUnknown()) {
            exchange.respond(
                    response.setErrorCode(Errors.INVALID_REQUEST.code())
                            .setErrorMessage(
                                    "The AclBindingFilter must not contain UNKNOWN elements."));
            return;
        }
        Map<ResourcePattern, Set<AccessControlEntry>> found = new LinkedHashMap<>();
        for (Rule rule : rules.all()) {
            for (AclBinding acl : AclRules.acls(rule, exchange.client().tenant())) {
                if (filter.matches(acl)) {
                    found.computeIfAbsent(acl.pattern(), _ -> new LinkedHashSet<>())
                            .add(acl.entry());
                }
            }
        }
        found.forEach((pattern, entries) -> response.resources().add(resource(pattern, entries)));
        exchange.respond(response);
    }

    private static DescribeAclsResource resource(
            ResourcePattern pattern, Set<AccessControlEntry> entries) {
        DescribeAclsResource resource =
                new DescribeAclsResource()
                        .setResourceType(pattern.resourceType().code())
                        .setResourceName(pattern.name())
                        .setPatternType(pattern.patternType().code());
        for (AccessControlEntry entry : entries) {
            resource.acls()
                    .add(
                            new AclDescription()
                                    .setPrincipal(entry.principal())
                                    .setHost(entry.host())
                                    .setOperation(entry.operation().code())
                                    .setPermissionType(entry.permissionType().code()));
        }
        return resource;
    }

    public void create(Exchange exchange) {
        CreateAclsRequestData request = exchange.body(CreateAclsRequestData.class);
        CreateAclsResponseData response = new CreateAclsResponseData();
        boolean allowed = access.cluster(exchange.client(), Action.ALTER);
        List<Rule> wanted = new ArrayList<>();
        List<AclCreationResult> of = new ArrayList<>();
        for (AclCreation creation : request.creations()) {
            AclCreationResult result = new AclCreationResult();
            response.results().add(result);
            AclBinding acl = binding(creation);
            String refusal = AclRules.refusal(acl);
            if (!allowed) {
                refuse(
                        result,
                        Errors.CLUSTER_AUTHORIZATION_FAILED,
                        Errors.CLUSTER_AUTHORIZATION_FAILED.message());
            } else if (refusal != null) {
                refuse(result, Errors.INVALID_REQUEST, refusal);
            } else {
                wanted.add(AclRules.rule(acl, exchange.client().tenant()));
                of.add(result);
            }
        }
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (int from = 0; from < wanted.size(); from += MOST_AT_ONCE) {
            int to = Math.min(wanted.size(), from + MOST_AT_ONCE);
            List<AclCreationResult> results = of.subList(from, to);
            open.add(
                    put(wanted.subList(from, to), ATTEMPTS)
                            .handle(
                                    (_, failure) -> {
                                        if (failure != null) {
                                            Errors error = KafkaErrors.of(failure);
                                            results.forEach(
                                                    result ->
                                                            refuse(result, error, error.message()));
                                        }
                                        return results;
                                    }));
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private static void refuse(AclCreationResult result, Errors error, String message) {
        result.setErrorCode(error.code()).setErrorMessage(message);
    }

    /** The same ACL may be in the list twice, and others may be making it right now. */
    private CompletableFuture<Void> put(List<Rule> wanted, int attempts) {
        Map<String, Rule> byId = new LinkedHashMap<>();
        wanted.forEach(rule -> byId.put(rule.id(), rule));
        byId.keySet().removeIf(id -> rules.find(id) != null);
        if (byId.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return rules.put(List.copyOf(byId.values()))
                .exceptionallyCompose(
                        failure ->
                                attempts > 1
                                        ? put(wanted, attempts - 1)
                                        : CompletableFuture.failedFuture(failure));
    }

    private static AclBinding binding(AclCreation creation) {
        return new AclBinding(
                new ResourcePattern(
                        known(ResourceType.fromCode(creation.resourceType())),
                        creation.resourceName(),
                        known(PatternType.fromCode(creation.resourcePatternType()))),
                new AccessControlEntry(
                        creation.principal(),
                        creation.host(),
                        known(AclOperation.fromCode(creation.operation())),
                        known(AclPermissionType.fromCode(creation.permissionType()))));
    }

    /** The classes for bindings refuse ANY and MATCH, which are for filters. */
    private static ResourceType known(ResourceType type) {
        return type == ResourceType.ANY ? ResourceType.UNKNOWN : type;
    }

    private static PatternType known(PatternType type) {
        return type == PatternType.ANY || type == PatternType.MATCH ? PatternType.UNKNOWN : type;
    }

    private static AclOperation known(AclOperation operation) {
        return operation == AclOperation.ANY ? AclOperation.UNKNOWN : operation;
    }

    private static AclPermissionType known(AclPermissionType type) {
        return type == AclPermissionType.ANY ? AclPermissionType.UNKNOWN : type;
    }

    public void delete(Exchange exchange) {
        DeleteAclsRequestData request = exchange.body(DeleteAclsRequestData.class);
        DeleteAclsResponseData response = new DeleteAclsResponseData();
        boolean allowed = access.cluster(exchange.client(), Action.ALTER);
        String tenant = exchange.client().tenant();
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (DeleteAclsFilter asked : request.filters()) {
            DeleteAclsFilterResult result = new DeleteAclsFilterResult();
            response.filterResults().add(result);
            AclBindingFilter filter = filter(asked);
            if (!allowed) {
                Errors error = Errors.CLUSTER_AUTHORIZATION_FAILED;
                result.setErrorCode(error.code()).setErrorMessage(error.message());
            } else if (filter.isUnknown()) {
                result.setErrorCode(Errors.INVALID_REQUEST.code())
                        .setErrorMessage("The AclBindingFilter must not contain UNKNOWN elements.");
            } else {
                open.add(
                        rules.delete(rule -> isWholly(rule, tenant, filter))
                                .handle(
                                        (gone, failure) ->
                                                failure == null
                                                        ? deleted(result, gone, tenant)
                                                        : result.setErrorCode(
                                                                KafkaErrors.of(failure).code())));
            }
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    /** A rule that says more than what is to be deleted stays. */
    private static boolean isWholly(Rule rule, String tenant, AclBindingFilter filter) {
        List<AclBinding> acls = AclRules.acls(rule, tenant);
        return !acls.isEmpty() && acls.stream().allMatch(filter::matches);
    }

    private static DeleteAclsFilterResult deleted(
            DeleteAclsFilterResult result, List<Rule> gone, String tenant) {
        for (Rule rule : gone) {
            for (AclBinding acl : AclRules.acls(rule, tenant)) {
                result.matchingAcls()
                        .add(
                                new DeleteAclsMatchingAcl()
                                        .setResourceType(acl.pattern().resourceType().code())
                                        .setResourceName(acl.pattern().name())
                                        .setPatternType(acl.pattern().patternType().code())
                                        .setPrincipal(acl.entry().principal())
                                        .setHost(acl.entry().host())
                                        .setOperation(acl.entry().operation().code())
                                        .setPermissionType(acl.entry().permissionType().code()));
            }
        }
        return result;
    }

    private static AclBindingFilter filter(DeleteAclsFilter asked) {
        return new AclBindingFilter(
                new ResourcePatternFilter(
                        ResourceType.fromCode(asked.resourceTypeFilter()),
                        asked.resourceNameFilter(),
                        PatternType.fromCode(asked.patternTypeFilter())),
                new AccessControlEntryFilter(
                        asked.principalFilter(),
                        asked.hostFilter(),
                        AclOperation.fromCode(asked.operation()),
                        AclPermissionType.fromCode(asked.permissionType())));
    }
}
