using Busbar.Configuration.Model.Providers;


namespace Busbar.Reliability.Capacity;

/// <summary>
/// What all lanes of one model share: permits, lifetime budget, and whether they are in service. Lives on across reloads under the model's name.
/// </summary>
internal sealed class ModelCapacity
{
    private bool _isDisabled;

    /// <summary>Puts the limits of <paramref name="model"/> in force, with nothing used.</summary>
    public ModelCapacity(ModelConfig model, MonotonicClock clock)
    {
        Permits = new PermitGate(model.MaxConcurrent, clock);
        Permits.Limit(model.Rpm, model.Tpm);
        Budget = new LifetimeBudget(model.MaxRequests);
    }

    /// <summary>Calls in flight, and in a minute.</summary>
    public PermitGate Permits { get; }

    /// <summary>Successful calls in the life of the process.</summary>
    public LifetimeBudget Budget { get; }

    /// <summary>Whether an administrator took the model's lanes out of service. Lasts until the process ends, whatever is reloaded.</summary>
    public bool IsDisabled
    {
        get => Volatile.Read(ref _isDisabled);
        set => Volatile.Write(ref _isDisabled, value);
    }

    /// <summary>Puts other limits in force.</summary>
    public void Configure(ModelConfig model)
    {
        Permits.Resize(model.MaxConcurrent);
        Permits.Limit(model.Rpm, model.Tpm);
        Budget.Resize(model.MaxRequests);
    }
}
