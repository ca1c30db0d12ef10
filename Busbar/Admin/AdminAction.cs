namespace Busbar.Admin;

/// <summary>What an administrator may ask for.</summary>
internal enum AdminAction : byte
{
    /// <summary>Makes a key.</summary>
    CreateKey,

    /// <summary>Lists keys.</summary>
    ListKeys,

    /// <summary>Shows a key.</summary>
    ReadKey,

    /// <summary>Changes a key.</summary>
    UpdateKey,

    /// <summary>Removes a key.</summary>
    DeleteKey,

    /// <summary>Gives a key another secret.</summary>
    RotateKey,

    /// <summary>Gives a key an access-key pair for AWS clients.</summary>
    AttachAccessKey,

    /// <summary>Takes it away.</summary>
    DetachAccessKey,

    /// <summary>What a key has used in its current budget window.</summary>
    ReadWindow,

    /// <summary>Makes a group.</summary>
    CreateGroup,

    /// <summary>Lists groups.</summary>
    ListGroups,

    /// <summary>Shows a group.</summary>
    ReadGroup,

    /// <summary>Changes a group.</summary>
    UpdateGroup,

    /// <summary>Removes a group.</summary>
    DeleteGroup,

    /// <summary>Usage by key, model and day.</summary>
    ReadUsage,

    /// <summary>The configuration in force, with origins.</summary>
    ReadConfig,

    /// <summary>Reads the configuration files again.</summary>
    Reload,

    /// <summary>Lists lanes.</summary>
    ListLanes,

    /// <summary>Takes a lane out of service.</summary>
    DisableLane,

    /// <summary>Takes it back.</summary>
    EnableLane,

    /// <summary>Calls a lane now, as its health check does.</summary>
    ProbeLane,

    /// <summary>Closes a lane's breaker everywhere.</summary>
    ResetLane,

    /// <summary>Lists what administrators did.</summary>
    ReadAudit,

    /// <summary>A summary.</summary>
    ReadStatus,

    /// <summary>Lists the processes that share the database.</summary>
    ListNodes,

    /// <summary>Figures of the last hour and day.</summary>
    ReadFigures,

    /// <summary>The requests that ended last.</summary>
    ReadRequests,

    /// <summary>What happens, as it happens.</summary>
    ReadEvents,

    /// <summary>The changes of a lane's breakers.</summary>
    ReadLaneHistory,

    /// <summary>What a reload would change.</summary>
    PreviewConfig,

    /// <summary>Sends a request to the gateway.</summary>
    TryRequest,

    /// <summary>The description of this interface.</summary>
    ReadOpenApi,
}
