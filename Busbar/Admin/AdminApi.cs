using System.Net;
using Busbar.Admin.Keys;
using Busbar.Admin.Process;
using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Observability.Metrics;
using Busbar.Wire;
using Busbar.Wire.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Busbar.Admin;

/// <summary>
/// The admin API (control plane, 7.2): judges the token, finds the line of <see cref="AdminRoutes"/>, reads the body, and answers in JSON, errors in
/// one shape. Knows nothing of how requests arrive. Lives as long as the process; tokens follow the configuration in force.
/// </summary>
internal sealed partial class AdminApi
{
    private const long MaxBodyBytes = 64 * 1024;

    // Calls served at once, of all operators.
    private const int MaxCalls = 32;

    private readonly InboundGauge _calls = new();
    private readonly IGatewayControl _control;
    private readonly ILogger _log;
    private readonly AdminRejections _rejections;
    private readonly GuessBrake _guesses;
    private readonly KeyEndpoints? _keys;
    private readonly GroupEndpoints? _groups;
    private readonly LaneEndpoints _lanes;
    private readonly UsageEndpoint? _usage;
    private readonly ProcessEndpoints _process;
    private readonly LiveEndpoints _live;
    private readonly ConfigPreview _preview;
    private readonly TrialEndpoint _trials;
    private AdminGate _gate;

    /// <summary>
    /// Administers the gateway behind <paramref name="control"/> and the keys of <paramref name="governor"/>, null where governance is off;
    /// <paramref name="rejections"/> counts failed logins.
    /// </summary>
    public AdminApi(Governor? governor, IGatewayControl control, TimeProvider time, ILogger log, Counter rejections, KeyGenerator? generator = null)
    {
        _control = control;
        _log = log;
        _rejections = new AdminRejections(rejections, time, log);
        _guesses = new GuessBrake(time);
        GovernanceConfig config = control.Config.Governance;
        _gate = new AdminGate(config);
        var audit = new AuditLog(governor?.Store, time, log);
        if (governor is not null)
        {
            EditTurn turn = governor.Turn;
            var keys = new KeyService(governor, SecretBox.Of(config), generator ?? KeyGenerator.System, audit, time, turn);
            var groups = new GroupService(governor, turn, audit, time);
            _keys = new KeyEndpoints(keys, groups, control, time, message => KeyWarning(log, message));
            _groups = new GroupEndpoints(groups, control, time);
            _usage = new UsageEndpoint(keys, time);
        }

        _lanes = new LaneEndpoints(control, audit, governor?.Watch);
        _process = new ProcessEndpoints(control, governor, audit, time);
        _live = new LiveEndpoints(control, time, headers => Gate().Judge(headers) != AdminAccess.None);
        _preview = new ConfigPreview(control, governor, time);
        _trials = new TrialEndpoint(governor, audit, time);
    }

    /// <summary>Networks of proxies whose word on where a call comes from is believed.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies => _control.Config.TrustedProxies;

    /// <summary>Whether the page for people is served.</summary>
    public bool ShowsPage => _control.Config.Governance is { Enabled: true, AdminUi: true };

    /// <summary>What every path answers to anybody without a token.</summary>
    public static AdminError Unauthorized { get; } =
        new(401, "invalid_admin_token", "the admin token is missing or wrong; send it as Authorization: Bearer or as x-admin-token");

    /// <summary>What every path answers while governance is off. Of no use to a thief, and the first that somebody sees who opens the page.</summary>
    public static AdminError NothingToAdminister { get; } = new(401, "invalid_admin_token",
        "governance is off, so no token opens the admin API and its page; governance.enabled and governance.admin_token in the configuration turn it on");

    /// <summary>Answers <paramref name="request"/>, always; the caller disposes the answer. Never throws for what was sent.</summary>
    public async ValueTask<AdminReply> HandleAsync(AdminRequest request)
    {
        var reply = new AdminReply();
        try
        {
            if (await RunAsync(request, reply).ConfigureAwait(false) is { } error)
            {
                reply.Refuse(error);
            }
        }
        catch (StoreException exception)
        {
            StoreFailed(_log, exception.Message);
            reply.Refuse(exception.IsUnreachable
                ? new AdminError(503, "store_unavailable", "the database is away, and nothing was changed; try again when it is back")
                : new AdminError(500, "store_failed", "the key store failed; the log says why"));
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client broke the protocol or is gone.
            reply.Refuse(AdminError.Invalid("the body could not be read", "unreadable_body"));
        }
        catch (Exception exception)
        {
            Failed(_log, exception);
            reply.Refuse(new AdminError(500, "internal_error", "this call failed; the log says why"));
        }

        return reply;
    }

    private async ValueTask<AdminError?> RunAsync(AdminRequest request, AdminReply reply)
    {
        AdminAccess access = request.IsLocal ? AdminAccess.Full : Gate().Judge(request.Headers);
        if (access == AdminAccess.None)
        {
            _rejections.Note(request.Source);
            await _guesses.HoldAsync(request.Source, CancellationToken.None).ConfigureAwait(false);
            return _control.Config.Governance.Enabled ? Unauthorized : NothingToAdminister;
        }

        if (!_calls.TryEnter(MaxCalls))
        {
            return new AdminError(503, "busy", $"{MaxCalls} calls are being served already; try again in a moment");
        }

        try
        {
            return await ServeAsync(request, access, reply).ConfigureAwait(false);
        }
        finally
        {
            _calls.Leave();
        }
    }

    private async ValueTask<AdminError?> ServeAsync(AdminRequest request, AdminAccess access, AdminReply reply)
    {
        if (access == AdminAccess.Read && request.Method != HttpMethods.Get)
        {
            return new AdminError(403, "read_only_token", "this token may only read; use the admin token");
        }

        AdminRoute? route = AdminRoutes.Match(request.Method, request.Path, out string subject, out string? allow);
        if (route is null)
        {
            reply.Allow = allow;
            return allow is null
                ? AdminError.NotFound("there is no such path; GET /admin/openapi.json lists them all")
                : new AdminError(405, "method_not_allowed", $"this path takes {allow}");
        }

        if (route.Action == AdminAction.TryRequest)
        {
            // Query and body are the tried request's own.
            return await _trials.RunAsync(request, reply).ConfigureAwait(false);
        }

        var query = new AdminQuery(request.Query, route.Query);
        if (query.Problem is { } problem)
        {
            return problem;
        }

        using PooledBuffer? body = await request.ReadBody(MaxBodyBytes).ConfigureAwait(false);
        if (body is null)
        {
            return new AdminError(413, "body_too_large", $"the body must have at most {MaxBodyBytes} bytes");
        }

        return BodyProblem(request, route, body) ?? await DispatchAsync(new AdminCall(request, route.Action, subject, query, body.Memory, reply))
            .ConfigureAwait(false);
    }

    private static AdminError? BodyProblem(AdminRequest request, AdminRoute route, PooledBuffer body) =>
        body.Length == 0 || (!route.TakesBody && IsEmptyObject(body.Memory.Span)) ? null
        : !route.TakesBody ? AdminError.Invalid("this call takes no body", "unexpected_body")
        : IsPlainJson(request.Headers) ? null
        : new AdminError(415, "unsupported_media_type", "send the body as Content-Type: application/json, without a content encoding");

    // Some clients send this where there is nothing to say.
    private static bool IsEmptyObject(ReadOnlySpan<byte> body)
    {
        body = body.Trim(" \t\r\n"u8);
        return body.Length >= 2 && body[0] == (byte)'{' && body[^1] == (byte)'}' && body[1..^1].Trim(" \t\r\n"u8).IsEmpty;
    }

    private static bool IsPlainJson(IHeaderDictionary headers)
    {
        ReadOnlySpan<char> type = headers.ContentType.ToString();
        int semicolon = type.IndexOf(';');
        return headers.ContentEncoding.Count == 0 && (semicolon < 0 ? type : type[..semicolon]).Trim()
            .Equals("application/json", StringComparison.OrdinalIgnoreCase);
    }

    private ValueTask<AdminError?> DispatchAsync(AdminCall call) => call.Action switch
    {
        AdminAction.CreateKey or AdminAction.ListKeys or AdminAction.ReadKey or AdminAction.UpdateKey or AdminAction.DeleteKey
            or AdminAction.RotateKey
            or AdminAction.AttachAccessKey or AdminAction.DetachAccessKey or AdminAction.ReadWindow => _keys?.RunAsync(call) ?? NoKeys,
        AdminAction.CreateGroup or AdminAction.ListGroups or AdminAction.ReadGroup or AdminAction.UpdateGroup or AdminAction.DeleteGroup
            => _groups?.RunAsync(call) ?? NoKeys,
        AdminAction.ListLanes or AdminAction.DisableLane or AdminAction.EnableLane or AdminAction.ProbeLane or AdminAction.ResetLane
            => _lanes.RunAsync(call),
        AdminAction.ReadFigures or AdminAction.ReadRequests or AdminAction.ReadEvents or AdminAction.ReadLaneHistory
            => ValueTask.FromResult(_live.Run(call)),
        AdminAction.PreviewConfig => _preview.RunAsync(call),
        AdminAction.ReadUsage => _usage?.RunAsync(call) ?? NoKeys,
        _ => _process.RunAsync(call),
    };

    private static ValueTask<AdminError?> NoKeys => ValueTask.FromResult<AdminError?>(
        new AdminError(409, "governance_off", "there are no keys while governance is off; set governance.enabled and restart"));

    private AdminGate Gate()
    {
        AdminGate gate = Volatile.Read(ref _gate);
        GovernanceConfig config = _control.Config.Governance;
        if (!ReferenceEquals(gate.Config, config))
        {
            gate = new AdminGate(config);
            Volatile.Write(ref _gate, gate);
        }

        return gate;
    }

    [LoggerMessage(62, LogLevel.Warning, "{Message}")]
    private static partial void KeyWarning(ILogger logger, string message);

    [LoggerMessage(63, LogLevel.Error, "admin: the store failed: {Reason}")]
    private static partial void StoreFailed(ILogger logger, string reason);

    [LoggerMessage(64, LogLevel.Error, "admin: a call failed by a mistake in this program")]
    private static partial void Failed(ILogger logger, Exception exception);
}
