"""Settings of the two-tower model and of its training."""

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from tawny.core.settings import Settings


class TwoTowerSettings(Settings):
    """Settings of the model and of its training.

    Attributes:
        dim: D, length of the user and item vectors.
        window: L, the number of newest entries that the user tower reads.
        poolings: P, how many weighted averages of the window the user tower takes.
        hidden: M, width of the user tower's hidden layer.
        temperature: the cosine of the two vectors is divided by it before the softmax; learned from this value on. On 2,013
            users of MovieLens 1M (last items left out of all, the items before them held out, one seed, 1,400 steps) NDCG@10
            was 0.155 where it was learned, 0.151 where it stayed 0.1.
        dropout_share: of the hidden layer's units, in training.
        learning_rate: of Adam.
        weight_decay: decoupled, per step, relative to the learning rate.
        averaged_steps: the model that is validated and served is the moving average of the weights over some so many steps,
            and no more than from one validation to the next; 1 takes the last weights.
        global_batch: examples per step over all workers; their answers are each other's negatives.
        uniform_negatives: further negatives per step, drawn uniformly from the catalog.
        min_steps: early stopping ends no training before, or before 50 epochs where these are fewer steps: 500 steps would
            be 500 epochs of a shop whose examples fit into one step.
        max_steps: of a fold's training, at most.
        validate_every_steps: fewer where an epoch has fewer, but no fewer than 10 for that.
        patience: validations without a better one before training stops.
        refit_share: folds without held-out users start from the validation fold's weights and take the steps that it took to
            its best again as far as they have more examples, at least this share of them. On the same users the next fold
            had an NDCG@10 of 0.159 without a step, 0.160 with 0.2 and 0.158 with 0.5.
        few_rows: with fewer held-out users training stops by their loss, which varies less between them than NDCG@10.
        max_validation_users: of more users an even sample is taken.
        checkpoint_every_steps: a checkpoint is also written at every validation.
    """

    dim: PositiveInt = 64
    window: PositiveInt = 50
    poolings: PositiveInt = 4
    hidden: PositiveInt = 128
    temperature: PositiveFloat = 0.1
    dropout_share: float = Field(0.2, ge=0.0, lt=1.0)
    learning_rate: PositiveFloat = 0.002
    weight_decay: float = Field(0.0, ge=0.0)
    averaged_steps: PositiveInt = 200
    global_batch: PositiveInt = 1024
    uniform_negatives: NonNegativeInt = 512
    min_steps: PositiveInt = 500
    max_steps: PositiveInt = 6000
    validate_every_steps: PositiveInt = 500
    patience: PositiveInt = 3
    refit_share: float = Field(0.2, gt=0.0)
    few_rows: PositiveInt = 500
    max_validation_users: PositiveInt = 5000
    checkpoint_every_steps: PositiveInt = 500
