using Busbar.Admin.Process;
using Busbar.Configuration.Model.Providers;
using Busbar.Gateway.Attempts;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Reliability.Faults;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.Identity;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Health;

/// <summary>
/// Calls lanes from time to time whether or not clients do, where their provider's <c>health</c> block says so, and tells every breaker of the lane.
/// A probe takes no permit and costs no budget.
/// </summary>
internal sealed class HealthProber(RequestLog log)
{
    private const int ErrorBodyLimit = 64 * 1024;
    private const double Jitter = 0.1;

    private CancellationTokenSource _stop = new();

    /// <summary>
    /// Probes the lanes of <paramref name="snapshot"/> and no longer those of the one before. The first probe comes after one interval.
    /// </summary>
    public void Restart(GatewaySnapshot snapshot)
    {
        var stop = new CancellationTokenSource();
        Interlocked.Exchange(ref _stop, stop).Cancel();
        foreach (Lane lane in snapshot.Fleet.Lanes)
        {
            if (lane.Provider.Health.Mode != HealthMode.None && HasCredential(lane))
            {
                _ = RunAsync(lane, snapshot, stop.Token);
            }
        }
    }

    /// <summary>Ends all probing.</summary>
    public void Stop() => Volatile.Read(ref _stop).Cancel();

    // A provider for which no key was configured needs none; one whose key is missing would only refuse the call.
    private static bool HasCredential(Lane lane) => lane.Provider.ApiKeys.Count == 0 || lane.ApiKey is { IsBlank: false };

    private async Task RunAsync(Lane lane, GatewaySnapshot snapshot, CancellationToken stop)
    {
        HealthConfig health = lane.Provider.Health;
        UpstreamEndpoint endpoint = snapshot.EndpointOf(lane);
        try
        {
            while (true)
            {
                double seconds = Math.Max(1, health.IntervalSecs) * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble()));
                await Task.Delay(TimeSpan.FromSeconds(seconds), snapshot.Time, stop).ConfigureAwait(false);
                if (!lane.IsDisabled && (health.Mode == HealthMode.Active || lane.State.IsSuppressed))
                {
                    await ProbeAsync(lane, endpoint, snapshot, stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Reload or shutdown.
        }
        catch (Exception exception)
        {
            log.ProberFailed(lane.Name, exception);
        }
    }

    /// <summary>Calls <paramref name="lane"/> now and tells its breakers.</summary>
    public Task<ProbeOutcome> ProbeAsync(Lane lane, GatewaySnapshot snapshot)
        => ProbeAsync(lane, snapshot.EndpointOf(lane), snapshot, CancellationToken.None);

    private async Task<ProbeOutcome> ProbeAsync(Lane lane, UpstreamEndpoint endpoint, GatewaySnapshot snapshot, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromSeconds(Math.Max(1, lane.Provider.Health.TimeoutSecs)));
        using var body = new PooledBuffer(256);
        HealthProbe.WriteBody(endpoint, body);
        int begun = lane.State.BeginHealthCheck();
        try
        {
            lane.Permits.Pace?.Correct(began: 0, calls: 1, tokens: 0);
            UpstreamRequest request = HealthProbe.NewRequest(endpoint, body);
            using UpstreamResponse response = await endpoint.SendAsync(request, limit.Token).ConfigureAwait(false);
            using PooledBuffer answer = await UpstreamErrors.ReadAtMostAsync(response, ErrorBodyLimit, limit.Token).ConfigureAwait(false);
            int status = response.Status;
            if (status is >= 200 and < 300)
            {
                lane.State.HealthSucceeded(begun);
                return new ProbeOutcome(true, status, null);
            }

            ProviderError error = endpoint.Protocol.ReadError(status, answer.Memory);
            if (error.Type is null && UpstreamErrors.ErrorType(endpoint.Protocol, response) is { } type)
            {
                error = error with { Type = type };
            }

            if (request.Credential is { } ended && StaleCredential.Is(status, error)
                && !(await endpoint.Provider.Identity!.RenewAsync(ended, limit.Token).ConfigureAwait(false)).IsSame(ended))
            {
                // Of the account nothing is known yet: the next probe, or the next request, comes with the new credential.
                string stale = Metrics.LabelOf(FaultClass.AuthUnavailable);
                log.ProbeFailed(lane.Name, stale, status);
                lane.State.HealthFailed(null);
                return new ProbeOutcome(false, status, stale);
            }

            FaultClass fault = FaultClassifier.Classify(status, error, lane.Provider.ErrorMap);
            log.ProbeFailed(lane.Name, fault.ToString(), status);
            switch (FaultDispositions.Of(fault))
            {
                case FaultDisposition.HardDown:
                    lane.State.HardDown(fault, status);
                    break;
                case FaultDisposition.TransientUpstream or FaultDisposition.ModelGone:
                    lane.State.HealthFailed(UpstreamErrors.RetryAfter(response, error, snapshot.Time.GetUtcNow()));
                    break;
                case FaultDisposition.ClientFault or FaultDisposition.ContextLength when status is 400 or 422:
                    // It refuses what the probe says, which is no client's: credential, account and model are well.
                    lane.State.HealthSucceeded(begun);
                    return new ProbeOutcome(true, status, null);
            }

            return new ProbeOutcome(false, status, fault.ToString());
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception) && !stop.IsCancellationRequested)
        {
            string fault = exception is OperationCanceledException ? "timeout" : exception is IdentityException
                ? Metrics.LabelOf(FaultClass.AuthUnavailable) : UpstreamErrors.Describe(exception);
            log.ProbeFailed(lane.Name, fault, 0);
            if (!UpstreamErrors.IsOwn(exception))
            {
                lane.State.HealthFailed(null);
            }

            return new ProbeOutcome(false, 0, fault);
        }
    }
}
