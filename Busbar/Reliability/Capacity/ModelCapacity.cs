using Busbar.Configuration.Model;

namespace Busbar.Reliability.Capacity;

/// <summary>What all lanes of one model share: permits, lifetime budget, and whether they are in service. Lives on across reloads under the model's name.</summary>
internal sealed class ModelCapacity(ModelConfig model)
{
    private bool _isDisabled;

    /// <summary>Calls in flight.</summary>
    public PermitGate Permits { get; } = new(model.MaxConcurrent);

    /// <summary>Successful calls in the life of the process.</summary>
    public LifetimeBudget Budget { get; } = new(model.MaxRequests);

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
        Budget.Resize(model.MaxRequests);
    }
}
