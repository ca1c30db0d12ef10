using Busbar.Ir;

namespace Busbar.Reliability.Faults;

/// <summary>The one table from fault class to disposition.</summary>
internal static class FaultDispositions
{
    /// <summary>Disposition of a class. Exhaustive: a new class does not compile until it has one.</summary>
#pragma warning disable CS8524 // A number that is no named class is a bug, and the runtime's exception says so.
    public static FaultDisposition Of(FaultClass fault) => fault switch
    {
        FaultClass.RateLimit or FaultClass.Overloaded or FaultClass.ServerError or FaultClass.Timeout or FaultClass.Network or FaultClass.Unaffordable
            or FaultClass.AuthUnavailable =>
            FaultDisposition.TransientUpstream,
        FaultClass.Auth or FaultClass.Billing => FaultDisposition.HardDown,
        FaultClass.ClientError or FaultClass.Content => FaultDisposition.ClientFault,
        FaultClass.ContextLength => FaultDisposition.ContextLength,
        FaultClass.Declined => FaultDisposition.Declined,
        FaultClass.ModelGone => FaultDisposition.ModelGone,
        FaultClass.Gateway => FaultDisposition.Nobody,
    };
#pragma warning restore CS8524

    /// <summary>True when the request goes on to another lane.</summary>
    public static bool MovesOn(this FaultDisposition disposition) => disposition != FaultDisposition.ClientFault;

    /// <summary>True when the lane's breaker counts it as a failure of the call.</summary>
    public static bool IsFailure(this FaultDisposition disposition) =>
        disposition is FaultDisposition.TransientUpstream or FaultDisposition.Declined or FaultDisposition.ModelGone;
}
