using Busbar.Configuration;

namespace Busbar.Reliability;

/// <summary>What all lanes of one model share: permits and lifetime budget. Lives on across reloads under the model's name.</summary>
internal sealed class ModelCapacity(ModelConfig model)
{
    /// <summary>Calls in flight.</summary>
    public PermitGate Permits { get; } = new(model.MaxConcurrent);

    /// <summary>Successful calls in the life of the process.</summary>
    public LifetimeBudget Budget { get; } = new(model.MaxRequests);

    /// <summary>Puts other limits in force.</summary>
    public void Configure(ModelConfig model)
    {
        Permits.Resize(model.MaxConcurrent);
        Budget.Resize(model.MaxRequests);
    }
}
