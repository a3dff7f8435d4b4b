package io.polymq.kafka.group;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.AuthorizedOperations;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.internals.BufferSupplier;

/** Serves what administrators ask of groups: lists, descriptions, deletion. */
public final class GroupAdminHandler {

    private final GroupService groups;
    private final Access access;

    public GroupAdminHandler(GroupService groups, Access access) {
        this.groups = groups;
        this.access = access;
    }

    public void list(Exchange exchange) {
        ListGroupsRequestData request = exchange.body(ListGroupsRequestData.class);
        boolean all = access.cluster(exchange.client(), Action.DESCRIBE);
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.listGroups(context, request),
                response -> all ? response : allowed(exchange, response),
                error -> new ListGroupsResponseData().setErrorCode(error.code()));
    }

    private ListGroupsResponseData allowed(Exchange exchange, ListGroupsResponseData response) {
        List<ListedGroup> mine = new ArrayList<>();
        for (ListedGroup group : response.groups()) {
            if (access.group(exchange.client(), Action.DESCRIBE, group.groupId())) {
                mine.add(group);
            }
        }
        return response.setGroups(mine);
    }

    /** Splits ids into those the client may describe and answers for the others. */
    private <T> List<String> allowed(
            Exchange exchange,
            List<String> ids,
            Action action,
            List<T> refused,
            Function<String, T> refusal) {
        List<String> mine = new ArrayList<>();
        for (String id : ids) {
            if (access.group(exchange.client(), action, id)) {
                mine.add(id);
            } else {
                refused.add(refusal.apply(id));
            }
        }
        return mine;
    }

    public void describe(Exchange exchange) {
        DescribeGroupsRequestData request = exchange.body(DescribeGroupsRequestData.class);
        DescribeGroupsResponseData response = new DescribeGroupsResponseData();
        List<String> mine =
                allowed(
                        exchange,
                        request.groups(),
                        Action.DESCRIBE,
                        response.groups(),
                        id -> classic(id, Errors.GROUP_AUTHORIZATION_FAILED));
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.describeGroups(context, mine),
                (described, error) -> {
                    if (described == null) {
                        mine.forEach(id -> response.groups().add(classic(id, error)));
                    } else {
                        response.groups().addAll(described);
                    }
                    if (request.includeAuthorizedOperations()) {
                        response.groups()
                                .forEach(
                                        group ->
                                                group.setAuthorizedOperations(
                                                        operations(exchange, group.groupId())));
                    }
                    exchange.respond(response);
                });
    }

    private static DescribeGroupsResponseData.DescribedGroup classic(String id, Errors error) {
        return new DescribeGroupsResponseData.DescribedGroup()
                .setGroupId(id)
                .setErrorCode(error.code());
    }

    private int operations(Exchange exchange, String group) {
        return AuthorizedOperations.group(access, exchange.client(), group);
    }

    public void describeConsumerGroups(Exchange exchange) {
        ConsumerGroupDescribeRequestData request =
                exchange.body(ConsumerGroupDescribeRequestData.class);
        ConsumerGroupDescribeResponseData response = new ConsumerGroupDescribeResponseData();
        List<String> mine =
                allowed(
                        exchange,
                        request.groupIds(),
                        Action.DESCRIBE,
                        response.groups(),
                        id -> consumer(id, Errors.GROUP_AUTHORIZATION_FAILED));
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.consumerGroupDescribe(context, mine),
                (described, error) -> {
                    if (described == null) {
                        mine.forEach(id -> response.groups().add(consumer(id, error)));
                    } else {
                        described.forEach(group -> response.groups().add(visible(exchange, group)));
                    }
                    if (request.includeAuthorizedOperations()) {
                        response.groups()
                                .forEach(
                                        group ->
                                                group.setAuthorizedOperations(
                                                        operations(exchange, group.groupId())));
                    }
                    exchange.respond(response);
                });
    }

    /** A group is only told to those who may see all topics that it works on. */
    private ConsumerGroupDescribeResponseData.DescribedGroup visible(
            Exchange exchange, ConsumerGroupDescribeResponseData.DescribedGroup group) {
        boolean all =
                group.members().stream()
                        .flatMap(
                                member ->
                                        Stream.concat(
                                                member.assignment().topicPartitions().stream(),
                                                member
                                                        .targetAssignment()
                                                        .topicPartitions()
                                                        .stream()))
                        .map(ConsumerGroupDescribeResponseData.TopicPartitions::topicName)
                        .distinct()
                        .allMatch(topic -> access.topic(exchange.client(), Action.DESCRIBE, topic));
        return all
                ? group
                : consumer(group.groupId(), Errors.TOPIC_AUTHORIZATION_FAILED)
                        .setErrorMessage(
                                "The group has described topic(s) that the client is not"
                                        + " authorized to describe.");
    }

    private static ConsumerGroupDescribeResponseData.DescribedGroup consumer(
            String id, Errors error) {
        return new ConsumerGroupDescribeResponseData.DescribedGroup()
                .setGroupId(id)
                .setErrorCode(error.code());
    }

    public void delete(Exchange exchange) {
        DeleteGroupsRequestData request = exchange.body(DeleteGroupsRequestData.class);
        DeleteGroupsResponseData response = new DeleteGroupsResponseData();
        List<DeletableGroupResult> refused = new ArrayList<>();
        List<String> mine =
                allowed(
                        exchange,
                        request.groupsNames().stream().distinct().toList(),
                        Action.DELETE,
                        refused,
                        id -> deleted(id, Errors.GROUP_AUTHORIZATION_FAILED));
        response.results().addAll(refused);
        groups.ask(
                exchange,
                (coordinator, context) ->
                        coordinator.deleteGroups(context, mine, BufferSupplier.NO_CACHING),
                (results, error) -> {
                    if (results == null) {
                        mine.forEach(id -> response.results().add(deleted(id, error)));
                    } else {
                        results.forEach(result -> response.results().add(result.duplicate()));
                    }
                    exchange.respond(response);
                });
    }

    private static DeletableGroupResult deleted(String id, Errors error) {
        return new DeletableGroupResult().setGroupId(id).setErrorCode(error.code());
    }
}
